import path from 'node:path'
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
        await noteLastSteps(done, howOf(options, environment), store, cache).catch(passOver)
      }
    },
  }
}

type HowOptions = Pick<
  BuildOptions,
  'runtime' | 'snapshotter' | 'addHosts' | 'seccomp' | 'resources' | 'cacheMountFolders'
>

/** How RUNs of a build are run, as far as their ops do not say it. */
export function howOf(options: HowOptions, { cwd }: Pick<Environment, 'cwd'>): KeptRun['how'] {
  const { runtime, snapshotter, addHosts, seccomp, resources, cacheMountFolders: folders } = options
  const filter = typeof seccomp === 'object' ? { file: path.resolve(cwd, seccomp.file) } : seccomp
  const places = folders && Object.entries(folders).map(([id, folder]) => [id, path.resolve(cwd, folder)])
  return {
    ...(runtime !== undefined && { runtime }),
    ...(snapshotter !== undefined && { snapshotter }),
    ...(addHosts !== undefined && { addHosts }),
    ...(filter !== undefined && { seccomp: filter }),
    ...(resources !== undefined && { resources }),
    ...(places && { cacheMountFolders: Object.fromEntries(places) }),
  }
}

/** No build fails because its steps cannot be noted: the disk is full, or the store cannot be written to. */
function passOver(error: unknown): void {
  if (error instanceof TsbuildError || isSystemError(error, 'EACCES', 'EDQUOT', 'ENOSPC', 'EROFS')) return
  throw error
}
