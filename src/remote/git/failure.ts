import { TsbuildError } from '../../errors.ts'
import type { Access } from './access.ts'
import { parseAddress } from './address.ts'
import { GitFailure } from './program.ts'

/** Secrets never leave this folder: what git says is shown without them. */
export function withoutSecrets(text: string, { secrets }: Access): string {
  return secrets.reduce((shown, secret) => (secret === '' ? shown : shown.replaceAll(secret, '***')), text)
}

/**
 * Does work that git does, and says what went wrong in terms of the remote.
 * @param hint for what there is no other hint
 * @throws {TsbuildError} TSB_GIT_AUTH, TSB_GIT_HOST_KEY, TSB_GIT_NOT_FOUND, TSB_GIT_FETCH
 */
export async function explained<T>(remote: string, access: Access, work: () => Promise<T>, hint?: string): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof GitFailure ? explain(error, remote, access, hint) : error
  }
}

function explain(failure: GitFailure, remote: string, access: Access, otherwise: string | undefined): TsbuildError {
  const said = withoutSecrets(failure.stderr, access)
  const [, code, what, hint] = kinds.find(([pattern]) => pattern.test(said)) ?? other
  const message = `${what} ${remote}: ${said === '' ? 'git gave no reason' : said}`
  return new TsbuildError(code, message, { hint: hint(remote, access) ?? otherwise })
}

type Hint = (remote: string, access: Access) => string | undefined
type Kind = readonly [pattern: RegExp, code: string, what: string, hint: Hint]

/** The first whose pattern is in what git said. */
const kinds: readonly Kind[] = [
  [
    /host key verification failed|host key .*(changed|unknown)|no \w+ host key is known/i,
    'TSB_GIT_HOST_KEY',
    'the host key is not trusted:',
    (remote) => hostKeyHint(remote),
  ],
  [
    /permission denied \(|too many authentication failures/i,
    'TSB_GIT_AUTH',
    'access denied to',
    () => 'no key of the agent is allowed there: ssh-add -l lists them',
  ],
  [
    /could not read (username|password)|authentication failed|terminal prompts disabled|returned error: 40[13]|invalid credentials|access denied(?! or repository not exported)/i,
    'TSB_GIT_AUTH',
    'access denied to',
    accessHint,
  ],
  [
    /(repository|project) .*not found|not found$|does not exist|does not appear to be a git repository|repository not exported|returned error: 404/im,
    'TSB_GIT_NOT_FOUND',
    'no git repository at',
    notFoundHint,
  ],
  [
    /returned error: 30\d/i,
    'TSB_GIT_FETCH',
    'the server redirects to another address, where credentials do not go:',
    () => 'name the address that the repository has now',
  ],
  [
    /certificate|ssl|tls/i,
    'TSB_GIT_FETCH',
    'no trusted connection to',
    () => 'when the certificate is of your own authority: GIT_SSL_CAINFO=FILE',
  ],
  [
    /cannot run ssh|ssh: not found|ssh: No such file/i,
    'TSB_GIT_FETCH',
    'ssh is needed for',
    () => 'install openssh-client',
  ],
  [
    /could not resolve host|name or service not known|failed to connect|connection (refused|timed out|reset)|couldn't connect|no route to host|network is unreachable/i,
    'TSB_GIT_FETCH',
    'cannot reach',
    () => 'check the address and the network; proxies are taken from HTTPS_PROXY',
  ],
]
const other: Kind = [/$/, 'TSB_GIT_FETCH', 'git failed for', () => undefined]

function hostKeyHint(remote: string): string {
  const [, host = '', port] = /^(.*?)(?::(\d+))?$/.exec(parseAddress(remote)?.host ?? '') ?? []
  const scan = `ssh-keyscan ${port ? `-p ${port} ` : ''}${host} >> ~/.ssh/known_hosts`
  return `compare the key with what the owner of the host publishes, then: ${scan}`
}

function notFoundHint(remote: string, { from, header }: Access): string {
  if (from || header || !/^https?:/i.test(remote)) return 'check the address'
  return 'check the address; many servers say so too when a private repository is asked for without --secret id=GIT_AUTH_TOKEN'
}

function accessHint(remote: string, { from, header }: Access): string {
  if (from) return `what the secret ${from} holds was refused`
  if (header) return 'user and password of the URL were refused'
  const host = parseAddress(remote)?.host ?? 'HOST'
  return `give a token with --secret id=GIT_AUTH_TOKEN.${host},env=NAME (GIT_AUTH_HEADER for a whole Authorization line)`
}
