/** What a server wants to see: a scheme in small letters, and its parameters by names in small letters. */
export interface SchemeChallenge {
  readonly scheme: string
  readonly parameters: ReadonlyMap<string, string>
}

/**
 * The challenges of a `WWW-Authenticate`. One header may hold several, and several headers come as one: the same commas stand
 * between challenges and between the parameters of one, so a word without a value begins the next challenge.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
 */
export function challengesIn(header: string): readonly SchemeChallenge[] {
  const challenges: { readonly scheme: string; readonly parameters: Map<string, string> }[] = []
  const words = header.matchAll(/([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/g)
  for (const [, word = '', quoted, bare] of words) {
    const value = quoted?.replace(/\\(.)/g, '$1') ?? bare
    if (value === undefined) challenges.push({ scheme: word.toLowerCase(), parameters: new Map() })
    else challenges.at(-1)?.parameters.set(word.toLowerCase(), value)
  }
  return challenges
}
