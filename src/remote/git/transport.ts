import { TsbuildError } from '../../errors.ts'
import type { Login } from '../remotes.ts'
import { type Access, accessTo } from './access.ts'
import { checkAddress, parseAddress, type RemoteAddress } from './address.ts'
import { configVariables, type GitConfig, protocolVariables } from './environment.ts'
import { withoutSecrets } from './failure.ts'
import { type GitCall, GitFailure, type GitProgram } from './program.ts'
import type { GitSession } from './session.ts'
import { sshVariables } from './ssh.ts'

/** A remote, and how to talk to it. */
export interface Transport {
  readonly remote: string
  readonly address: RemoteAddress
  readonly access: Access
  readonly login?: Login
  /** Runs a command of git that talks to the remote. @throws {GitFailure} with what git said, without secrets */
  talk(args: readonly string[], call?: GitCall): Promise<string>
}

/**
 * @param own false for a repository that another one names
 * @throws {TsbuildError} TSB_GIT_ARG, TSB_GIT_AUTH, TSB_GIT_PROTOCOL
 */
export async function openTransport(
  { git, options }: Pick<GitSession, 'git' | 'options'>,
  remote: string,
  login: Login | undefined,
  own: boolean,
): Promise<Transport> {
  const address = parseAddress(remote)
  if (!address) throw noAddress(remote)
  checkAddress(address, remote)
  const access = await accessTo(address, login, own, options.secret)
  if (access.header !== undefined) await needSettings(git)
  const env = { ...protocolVariables(address), ...(await sshVariables(address, options)) }
  const talk = talking(git, env, address, access)
  return { remote, address, access, ...(login && { login }), talk }
}

function noAddress(remote: string): TsbuildError {
  return new TsbuildError('TSB_GIT_PROTOCOL', `no git repository can be fetched from ${remote}`, {
    hint: 'https, ssh, http and git addresses are',
  })
}

function talking(git: GitProgram, always: Variables, address: RemoteAddress, access: Access): Transport['talk'] {
  const attempt = (settings: GitConfig, env: Variables): Transport['talk'] => {
    return (args, call) =>
      git.run(args, { ...call, env: { ...call?.env, ...always, ...env, ...configVariables(settings) } })
  }
  const first = attempt(headerSettings(address, access), {})
  const redirected = access.login && attempt(helperSettings(address), helperVariables(access.login))
  return async (args, call) => {
    try {
      return await first(args, call).catch((error) => {
        if (redirected && isRedirect(error)) return redirected(args, call)
        throw error
      })
    } catch (error) {
      if (!(error instanceof GitFailure)) throw error
      throw new GitFailure(args[0] ?? '', withoutSecrets(error.stderr, access))
    }
  }
}

type Variables = Readonly<Record<string, string>>

/** Credentials are given by variables that git knows since 2.31: an older one would ask without them. */
async function needSettings(git: GitProgram): Promise<void> {
  const said = await git.run(['version'])
  const [, major = 0, minor = 0] = /(\d+)\.(\d+)/.exec(said)?.map(Number) ?? []
  if (major > 2 || (major === 2 && minor >= 31)) return
  throw new TsbuildError('TSB_GIT_MISSING', `${said.trim()} is too old to be given credentials`, {
    hint: 'install git 2.31 or newer',
  })
}

/** A header would go along to any host that the server names, so it is not sent where redirects are followed. */
function headerSettings({ origin }: RemoteAddress, { header }: Access): GitConfig {
  if (header === undefined) return []
  return [
    [`http.${origin}/.extraHeader`, `Authorization: ${header}`],
    ['http.followRedirects', 'false'],
  ]
}

/** Git asks a helper only for the origin that it is set for, wherever a redirect leads. */
function helperSettings({ origin }: RemoteAddress): GitConfig {
  const answer = 'printf "username=%s\\npassword=%s\\n" "$TSBUILD_GIT_USER" "$TSBUILD_GIT_PASSWORD"'
  return [[`credential.${origin}.helper`, `!f() { test "$1" != get || ${answer}; }; f`]]
}

function helperVariables({ user, password }: Required<Login>): Variables {
  return { TSBUILD_GIT_USER: user, TSBUILD_GIT_PASSWORD: password }
}

function isRedirect(error: unknown): boolean {
  return error instanceof GitFailure && /returned error: 30\d/.test(error.stderr)
}
