import { TsbuildError } from '../../errors.ts'
import type { RemoteOptions } from '../remotes.ts'
import type { RemoteAddress } from './address.ts'

/**
 * How ssh is run: with the keys of the agent that was lent and no others, and only to hosts that the caller's known_hosts
 * knows. None of the user's ssh settings apply.
 * @throws {TsbuildError} TSB_GIT_AUTH when no agent was lent
 */
export async function sshVariables(
  { scheme, origin }: RemoteAddress,
  { agent, env }: Pick<RemoteOptions, 'agent' | 'env'>,
): Promise<Readonly<Record<string, string>>> {
  if (scheme !== 'ssh') return {}
  const socket = await agent('default')
  if (socket === undefined) throw noAgent(origin)
  return { SSH_AUTH_SOCK: socket, GIT_SSH_VARIANT: 'ssh', GIT_SSH_COMMAND: sshCommand(env['HOME']) }
}

/** A line for the shell by which git starts it. */
function sshCommand(home: string | undefined): string {
  const settings = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${home ? quotedForSsh(`${home}/.ssh/known_hosts`) : '/dev/null'}`,
    'UpdateHostKeys=no',
    'IdentityFile=none',
    'ForwardAgent=no',
    'ClearAllForwardings=yes',
    'ControlPath=none',
    'ConnectTimeout=60',
  ]
  return `ssh -F /dev/null ${settings.map((setting) => `-o ${quotedForShell(setting)}`).join(' ')}`
}

/** Ssh cuts at blanks and replaces percent signs. */
function quotedForSsh(path: string): string {
  return `"${path.replaceAll('%', '%%').replace(/["\\]/g, '\\$&')}"`
}

function quotedForShell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

function noAgent(origin: string): TsbuildError {
  return new TsbuildError('TSB_GIT_AUTH', `no ssh agent was lent for ${origin}`, {
    hint: 'give the build one with --ssh default, or a key with --ssh default=FILE',
  })
}
