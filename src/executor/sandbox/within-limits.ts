import { TsbuildError } from '../../errors.ts'
import { groupName, sweepCgroups } from './cgroups.ts'
import type { SandboxResult, SandboxSpec } from './sandbox.ts'
import { makeStepGroup, type StepGroup } from './step-group.ts'

/** Runs steps in groups that hold their limits. */
export interface WithinLimits {
  /**
   * @param helpers processes of the sandbox that `work` puts into the group too
   * @param work gets nothing when there is nothing to hold
   * @throws {TsbuildError} TSB_LIMIT_UNAVAILABLE
   */
  run(
    spec: SandboxSpec,
    helpers: number,
    work: (group: StepGroup | undefined) => Promise<SandboxResult>,
  ): Promise<SandboxResult>
}

/** What builds that were killed have left is removed before the first step. */
export function withinLimits(): WithinLimits {
  let swept: Promise<void> | undefined
  return {
    async run(spec, helpers, work) {
      const { resources = {}, limits } = spec
      swept ??= sweepCgroups(limits.cgroupParent)
      await swept
      const group = makeStepGroup(`${groupName(spec.id)}.limits`, resources, limits.cgroupParent, helpers)
      if (!group) return await work(undefined)
      try {
        const result = await work(group)
        const exceeded = group.exceeded()
        return exceeded ? { ...result, exceeded } : result
      } catch (error) {
        const exceeded = isStartFailure(error) ? group.exceeded() : undefined
        if (exceeded) return { exitCode: killed, exceeded }
        throw error
      } finally {
        await group.remove()
      }
    },
  }
}

/** The limit may have hit what starts the command. */
function isStartFailure(error: unknown): boolean {
  return error instanceof TsbuildError && error.code === 'TSB_SANDBOX_FAILED'
}

/** As of a process that SIGKILL ended. */
const killed = 137
