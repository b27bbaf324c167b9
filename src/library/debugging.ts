import path from 'node:path'
import { isSystemError, TsbuildError } from '../errors.ts'
import type { ExecutorPorts } from '../executor/index.ts'
import { type DoneStep, type HeldRun, type KeptRun, noteSteps, sweepKept } from '../kept/index.ts'
import type { BuildOptions, Environment } from '../options.ts'
import type { Recording } from './recording.ts'
import type { Session } from './session.ts'

/** What a build does for who will want to look into its steps. */
export interface Debugging {
  readonly ports: Required<Pick<ExecutorPorts, 'stepDone' | 'keepFailed'>>
  /** Does the work of the build, and what has to be done when it has ended, well or not. */
  around<T>(work: () => Promise<T>): Promise<T>
}

/** A RUN that failed, as its step ended. */
interface Failure {
  readonly error: TsbuildError
  /** Absent when it could not be kept. */
  readonly held?: HeldRun
}

/** @param hushed the same text without secrets */
export function openDebugging(
  options: BuildOptions,
  session: Session,
  environment: Environment,
  { origin }: Pick<Recording, 'origin'>,
  hushed: (text: string) => string = (text) => text,
): Debugging {
  const { store, cache } = session
  const done: DoneStep[] = []
  const failures: Failure[] = []
  return {
    ports: {
      stepDone: (node, layers) => void done.push({ node, layers }),
      async keepFailed(run) {
        const { keepFailedRun, nextStep } = await import('./failed-step.ts')
        const held = await keepFailedRun(run, options, session, environment, origin(), hushed)
        failures.push({ error: run.error, ...(held && { held }) })
        return held && nextStep
      },
    },
    async around(work) {
      try {
        return await work()
      } catch (error) {
        const held = reported(failures, error)?.held
        if (held && !options.signal?.aborted) {
          await (await import('./failed-step.ts')).showFailed(held.run, options, session, environment)
        }
        throw error
      } finally {
        for (const { held } of failures) held?.release()
        const about = { build: origin(), how: howOf(options, environment) }
        await noteSteps(done, about, hushed, store.root, cache).catch(passOver)
        await sweepKept(store, environment.now()).catch(passOver)
      }
    },
  }
}

/** Of several RUNs that failed at once, the one whose error the build ends with. */
function reported(failures: readonly Failure[], error: unknown): Failure | undefined {
  if (!(error instanceof TsbuildError)) return undefined
  return failures.find(
    (failure) => failure.error.code === error.code && error.message.startsWith(failure.error.message),
  )
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

/** No build fails because its steps cannot be noted: the disk is full, the store cannot be written to, or somebody removed its record. */
function passOver(error: unknown): void {
  if (error instanceof TsbuildError || isSystemError(error, 'EACCES', 'EDQUOT', 'ENOENT', 'ENOSPC', 'EROFS')) return
  throw error
}
