import path from 'node:path'
import { defaultLimits, type Limits } from '../limits.ts'
import { eachOnce } from '../text/index.ts'
import type { AuthFileContents } from './auth-file-schema.ts'
import { type AuthFile, authFilesOf } from './auth-files.ts'
import { askHelper, type HelperLimits, helperLimitsOf, namedBy } from './helper.ts'
import { keyOf, keysFor } from './keys.ts'
import type { Login, Logins } from './login.ts'
import { readAuthFile } from './read.ts'

type Env = Readonly<Record<string, string | undefined>>
type Notice = (message: string) => void

/**
 * The logins of docker's and podman's files and helpers, each read when it is first asked for. In a file the helper of a
 * registry comes first, then the one for all, then what the file itself holds.
 * @param notice told of what is passed over: a login that cannot be decoded, a file that is named and not there
 */
export function openLogins(env: Env, limits: Limits = defaultLimits, notice: Notice = () => {}): Logins {
  const bounds = helperLimitsOf(limits)
  const files = new Map<AuthFile, ReturnType<typeof readAuthFile>>()
  const answers = new Map<string, Promise<Login | undefined>>()
  const once = eachOnce(notice)
  const read = (file: AuthFile) => {
    const contents = files.get(file) ?? readAuthFile(file)
    files.set(file, contents)
    return contents
  }
  async function find(host: string, repository: string): Promise<Login | undefined> {
    const { REGISTRY_AUTH_FILE: named } = env
    if (named && !path.isAbsolute(named)) once(passedOver(named, 'is not an absolute path'))
    for (const file of authFilesOf(env)) {
      const contents = await read(file)
      if (!contents && file === named) once(passedOver(file, 'is not there, or cannot be read'))
      const login = contents && (await loginIn(file, contents, { host, repository }, env, bounds, once))
      if (login) return login
    }
    return undefined
  }
  return (host, repository) => {
    const key = `${host}/${repository}`
    const answer = answers.get(key) ?? find(host, repository)
    answers.set(key, answer)
    return answer
  }
}

function passedOver(file: string, why: string): string {
  return `warning: REGISTRY_AUTH_FILE is passed over: ${file} ${why}`
}

/** The files that have a login for a registry themselves; helpers are not asked. */
export async function filesWithLogin(host: string, env: Env): Promise<readonly AuthFile[]> {
  const found: AuthFile[] = []
  for (const file of authFilesOf(env)) {
    const { auths = {} } = (await readAuthFile(file)) ?? {}
    if (keysFor(Object.keys(auths), host, '').some((key) => loginOf(auths[key] ?? {}))) found.push(file)
  }
  return found
}

async function loginIn(
  file: AuthFile,
  { auths = {}, credHelpers = {}, credsStore }: AuthFileContents,
  { host, repository }: { readonly host: string; readonly repository: string },
  env: Env,
  limits: HelperLimits,
  notice: Notice,
): Promise<Login | undefined> {
  const [helped] = keysFor(Object.keys(credHelpers), host, repository)
  const helper = helped === undefined ? credsStore || undefined : credHelpers[helped]
  const kept = helper === undefined ? undefined : await namedBy(file, askHelper(helper, keyOf(host), env, limits))
  if (kept) return { ...kept, from: `docker-credential-${helper}` }
  for (const key of keysFor(Object.keys(auths), host, repository)) {
    const login = loginOf(auths[key] ?? {})
    if (login) return { ...login, from: file }
    if (auths[key]?.auth) {
      notice(`warning: ${file}: the auth of ${host} is passed over: it is not USER:PASSWORD in base64`)
    }
  }
  return undefined
}

type Entry = NonNullable<AuthFileContents['auths']>[string]

/** `auth` is base64 of `user:password`; an identity token counts before it. */
function loginOf({ auth, username, password, identitytoken }: Entry): Login | undefined {
  if (identitytoken) return { kind: 'identity', token: identitytoken }
  if (auth && /^[\w+/=\s-]*$/.test(auth)) {
    const pair = Buffer.from(auth, 'base64').toString().replace(/\0+$/, '')
    const colon = pair.indexOf(':')
    if (colon > 0) return { kind: 'password', username: pair.slice(0, colon), password: pair.slice(colon + 1) }
  }
  return username && password ? { kind: 'password', username, password } : undefined
}
