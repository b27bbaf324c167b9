import type { CommandResult, ShellOptions } from '../debug-options.ts'
import type { RunOp } from '../graph/index.ts'
import type { Environment } from '../options.ts'
import { enterPlace, shellOf } from './enter.ts'
import { withStep } from './find-step.ts'
import { lookingOnly } from './has-store.ts'
import { openSession, type Session } from './session.ts'

/**
 * Runs a shell, or a command, in the files of a step: as it failed, or as they were after it. What that changes is gone
 * afterwards. Mounts of a failed step are there too; secrets and agents only where they are given again.
 * @throws {TsbuildError} TSB_STEP_NOT_FOUND, TSB_STEP_AMBIGUOUS, TSB_TERMINAL_UNAVAILABLE, and those of a RUN that cannot be run
 */
export function shell(options: ShellOptions, environment: Environment): Promise<CommandResult> {
  return lookingOnly(environment, (place) => shellIn(options, place))
}

async function shellIn(options: ShellOptions, environment: Environment): Promise<CommandResult> {
  const { command, io } = options
  const { now } = environment
  await using session = await openSession(environment, options)
  return await withStep(options, session, environment, (step) => {
    for (const message of missingMounts(step.run.op, session)) options.onEvent?.({ type: 'notice', at: now(), message })
    return enterPlace(step, command ?? shellOf(step.run), { ...options, io }, session, environment)
  })
}

/** What the step had and a later command in it has not. */
function missingMounts({ mounts }: RunOp, { secrets }: Session): readonly string[] {
  const ids = mounts.flatMap((mount) => (mount.kind === 'secret' && !secrets.ids.includes(mount.id) ? [mount.id] : []))
  return ids.map((id) => `note: the secret ${id} is not kept: --secret id=${id},… gives it again`)
}
