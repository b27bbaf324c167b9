import { fullHint } from '../../disk-full.ts'
import { TsbuildError } from '../../errors.ts'
import type { RunOp } from '../../graph/index.ts'
import type { Secrets } from '../ports.ts'
import { idRangesHint, readMachine, type SandboxResult } from '../sandbox/index.ts'

/**
 * The error of a command that ended otherwise than with 0. That the disk is full, or a secret that it had to do without, may be
 * the reason.
 * @param scratch a folder on the disk that it wrote to
 * @param advice what its output and the files of the image say of the reason
 */
export async function stepFailed(
  { argv, mounts }: RunOp,
  { exitCode, signal }: SandboxResult,
  secrets: Secrets,
  scratch: string,
  advice: () => Promise<string | undefined>,
): Promise<TsbuildError> {
  const how = signal ? `killed by ${signal}` : `exit code: ${exitCode}`
  return new TsbuildError('TSB_STEP_FAILED', `process "${argv.join(' ')}" did not complete successfully: ${how}`, {
    hint:
      (await fullHint(scratch)) ??
      (await advice()) ??
      exitHints[exitCode] ??
      (await secretHint(mounts, secrets)) ??
      singleIdHint(),
  })
}

/** Exit codes that a shell gives when it cannot run a command. */
const exitHints: Readonly<Record<number, string>> = {
  126: 'the shell may not execute a file: COPY --chmod=755 or RUN chmod +x give it the permission',
  127: 'the shell found no such command in the image: is the package installed, and PATH right?',
}

/** With one id, `chown` and whoever becomes another user fail with no more than `Invalid argument`. */
function singleIdHint(): string | undefined {
  const { hasUser } = readMachine()
  if (hasUser(1)) return undefined
  return `there is a single user id here, so commands that change owners or users fail; ${idRangesHint}`
}

async function secretHint(mounts: RunOp['mounts'], secrets: Secrets): Promise<string | undefined> {
  for (const mount of mounts) {
    if (mount.kind !== 'secret' || (await secrets.read(mount.id))) continue
    return `it ran without the secret ${mount.id}: --secret id=${mount.id},src=FILE or --secret id=${mount.id},env=NAME gives it`
  }
  return undefined
}
