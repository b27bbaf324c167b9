import {
  type BuildDiff,
  type BuildExplanation,
  type BuildRecord,
  compareBuilds,
  earlierBuilds,
  explainBuild,
  findBuild,
  findStep,
  forget,
  holdNumber,
  listBuilds,
  logFile,
  readLog,
} from '../builds/index.ts'
import { TsbuildError } from '../errors.ts'
import type { Environment } from '../options.ts'
import { isHere, usualBuild } from './here.ts'

/**
 * The builds that a store remembers. A build is named by its number, the beginning of its id, or `^0`, `^1` … from the newest
 * of the store. Where none is named, the newest of the working directory is meant, else the newest of the store.
 */
export interface BuildCommands {
  /** Newest first. `here`: only those that were started in the working directory, or have it as their context. */
  list(options?: { readonly here?: boolean }): Promise<readonly BuildRecord[]>
  /** @throws {TsbuildError} TSB_BUILD_NOT_FOUND; so do all below */
  find(build?: string): Promise<BuildRecord>
  /** Whether a build was started in the working directory, or had it as its context. */
  isHere(build: BuildRecord): boolean
  /**
   * What a step printed, as it came: a terminal must not see it as it is.
   * @param step its number, a stage for its last step, or a part of its label
   * @throws {TsbuildError} TSB_STEP_NOT_FOUND, TSB_STEP_AMBIGUOUS
   */
  log(build: BuildRecord, step: string): AsyncIterable<Uint8Array>
  /** The file of that. */
  logFile(build: BuildRecord, step: number): string
  /** @param before absent: the last one before of the same context, Dockerfile, target and platforms, else of the same context */
  diff(before?: string, now?: string): Promise<BuildDiff>
  /**
   * Why steps of a build ran.
   * @param step absent: all that were looked for in the cache in vain
   * @throws {TsbuildError} TSB_STEP_NOT_FOUND, TSB_STEP_AMBIGUOUS
   */
  why(build?: string, step?: string): Promise<BuildExplanation>
  /** Returns those that are gone. */
  remove(builds: readonly string[] | 'all'): Promise<readonly BuildRecord[]>
}

export function openBuilds({ root, cwd }: Pick<Environment, 'root' | 'cwd'>): BuildCommands {
  const list = () => listBuilds(root)
  return {
    async list({ here = false } = {}) {
      const all = await list()
      return here ? all.filter((build) => isHere(build, cwd)) : all
    },
    find: async (name) => named(name, await list(), cwd),
    isHere: (build) => isHere(build, cwd),
    log: (build, step) => readLog(root, build.number, findStep(step, build).number),
    logFile: (build, step) => logFile(root, build.number, step),
    async diff(before, name) {
      const all = await list()
      const now = named(name, all, cwd)
      return compareBuilds(before === undefined ? buildBefore(now, all) : findBuild(before, all), now)
    },
    async why(name, step) {
      const all = await list()
      const build = named(name, all, cwd)
      return explainBuild(build, all, step === undefined ? undefined : [findStep(step, build)])
    },
    async remove(builds) {
      const all = await list()
      const found = builds === 'all' ? all : [...new Set(builds.map((build) => findBuild(build, all)))]
      if (found.length > 0) holdNumber(root)
      for (const { number } of found) forget(root, number)
      return found
    },
  }
}

function named(name: string | undefined, builds: readonly BuildRecord[], cwd: string): BuildRecord {
  if (name !== undefined) return findBuild(name, builds)
  const usual = usualBuild(builds, cwd)
  if (usual) return usual
  throw new TsbuildError('TSB_BUILD_NOT_FOUND', 'no build is remembered in this store', {
    hint: 'tsbuild build makes one; --root, or TSBUILD_ROOT, names another store',
  })
}

function buildBefore(build: BuildRecord, builds: readonly BuildRecord[]): BuildRecord {
  const [before] = earlierBuilds(build, builds)
  if (before) return before.build
  const message = `no build of ${build.context} before build ${build.number} is remembered`
  throw new TsbuildError('TSB_BUILD_NOT_FOUND', message, { hint: 'name two: tsbuild builds lists them' })
}
