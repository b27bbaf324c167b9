/** `https://user:password@`, `git://…@`: all of it opens doors. */
const webLogin = /((?:https?|git):\/\/)([^\s/?#]*)@/gi
/** `ssh://user:password@`: the user alone opens nothing. */
const sshPassword = /(ssh:\/\/[^\s/?#:@]*):([^\s/?#]*)@/gi

/** A text without the users and passwords of the URLs in it, for whatever is shown or kept. */
export function withoutLogins(text: string): string {
  return text.replaceAll(webLogin, '$1').replaceAll(sshPassword, '$1@')
}

/** As `withoutLogins`, with stars in their place: what follows stays where it was. */
export function maskLogins(text: string): string {
  const stars = (secret: string) => '*'.repeat(secret.length)
  return text
    .replaceAll(webLogin, (_, scheme: string, login: string) => `${scheme}${stars(login)}@`)
    .replaceAll(sshPassword, (_, user: string, password: string) => `${user}:${stars(password)}@`)
}
