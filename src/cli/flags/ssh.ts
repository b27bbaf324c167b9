import { FlagError } from './flag-error.ts'

/** An agent that is lent to steps: without a path the one of `SSH_AUTH_SOCK`. */
export interface SshSource {
  readonly id: string
  readonly paths: readonly string[]
}

/**
 * `--ssh default`, `--ssh ID=SOCKET` or `--ssh ID=KEY,KEY`.
 * @throws {FlagError} for what BuildKit calls a raw socket
 */
export function readSsh(text: string): SshSource {
  const at = text.indexOf('=')
  const id = (at < 0 ? text : text.slice(0, at)) || 'default'
  const paths = at < 0 ? [] : text.slice(at + 1).split(',')
  if (paths.some((path) => path.startsWith('raw='))) {
    throw new FlagError(
      `--ssh ${text}: a socket is never lent as it is`,
      'leave raw= out: keys are listed and sign, nothing else',
    )
  }
  return { id, paths: paths.length === 1 && paths[0] === '' ? [] : paths }
}
