import { isSystemError, TsbuildError } from '../errors.ts'
import type { ExecutorPorts } from '../executor/index.ts'
import { type DoneStep, idsOfKept, type KeptRun, noteLastSteps } from '../kept/index.ts'
import type { BuildOptions, Environment } from '../options.ts'
import type { Session } from './session.ts'

/** What a build does for who will want to look into its steps. */
export interface Debugging {
  readonly ports: Required<Pick<ExecutorPorts, 'stepDone' | 'keepFailed'>>
  /** Does the work of the build, and what has to be done when it has ended, well or not. */
  around<T>(work: () => Promise<T>): Promise<T>
}

export async function openDebugging(
  options: BuildOptions,
  session: Session,
  environment: Environment,
): Promise<Debugging> {
  const { store, cache } = session
  const done: DoneStep[] = []
  let failed: KeptRun | undefined
  if (idsOfKept(store.root).length > 0) {
    await (await import('./failed-step.ts')).sweepKept(store, environment.now())
  }
  return {
    ports: {
      stepDone: (node, layers) => void done.push({ node, layers }),
      async keepFailed(run) {
        const { keepFailedRun, nextStep } = await import('./failed-step.ts')
        failed = await keepFailedRun(run, options, session, environment)
        return failed && nextStep
      },
    },
    async around(work) {
      try {
        return await work()
      } catch (error) {
        if (failed && !options.signal?.aborted) {
          await (await import('./failed-step.ts')).showFailed(failed, options, session, environment)
        }
        throw error
      } finally {
        await noteLastSteps(done, howOf(options), store, cache).catch(passOver)
      }
    },
  }
}

/** How RUNs of a build are run, as far as their ops do not say it. */
export function howOf({
  runtime,
  snapshotter,
  addHosts,
  seccomp,
  resources,
}: Pick<BuildOptions, 'runtime' | 'snapshotter' | 'addHosts' | 'seccomp' | 'resources'>): KeptRun['how'] {
  return {
    ...(runtime !== undefined && { runtime }),
    ...(snapshotter !== undefined && { snapshotter }),
    ...(addHosts !== undefined && { addHosts }),
    ...(seccomp !== undefined && { seccomp }),
    ...(resources !== undefined && { resources }),
  }
}

/** No build fails because its steps cannot be noted: the disk is full, or the store cannot be written to. */
function passOver(error: unknown): void {
  if (error instanceof TsbuildError || isSystemError(error, 'EACCES', 'EDQUOT', 'ENOSPC', 'EROFS')) return
  throw error
}
