import {
  type BuildDiff,
  type BuildExplanation,
  type BuildRecord,
  compareBuilds,
  explainBuild,
  findBuild,
  findStep,
  forget,
  listBuilds,
  logFile,
  readLog,
} from '../builds/index.ts'
import { TsbuildError } from '../errors.ts'
import type { Environment } from '../options.ts'
import { isHere } from './here.ts'

/** The builds that a store remembers. A build is named by its number, the beginning of its id, or `^0`, `^1` … from the newest. */
export interface BuildCommands {
  /** Newest first. `here`: only those that were started in the working directory, or have it as their context. */
  list(options?: { readonly here?: boolean }): Promise<readonly BuildRecord[]>
  /** @throws {TsbuildError} TSB_BUILD_NOT_FOUND; so do all below */
  find(build: string): Promise<BuildRecord>
  /**
   * What a step printed, as it came: a terminal must not see it as it is.
   * @param step its number, or a part of its label
   * @throws {TsbuildError} TSB_STEP_NOT_FOUND
   */
  log(build: BuildRecord, step: string): AsyncIterable<Uint8Array>
  /** The file of that. */
  logFile(build: BuildRecord, step: number): string
  diff(before: string, now: string): Promise<BuildDiff>
  /**
   * Why steps of a build ran.
   * @param build absent: the newest of this folder
   * @param step absent: all that were looked for in the cache in vain
   * @throws {TsbuildError} TSB_STEP_NOT_FOUND
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
    find: async (build) => findBuild(build, await list()),
    log: (build, step) => readLog(root, build.number, findStep(step, build).number),
    logFile: (build, step) => logFile(root, build.number, step),
    async diff(before, now) {
      const all = await list()
      return compareBuilds(findBuild(before, all), findBuild(now, all))
    },
    async why(name, step) {
      const all = await list()
      const build = name === undefined ? newestHere(all, cwd) : findBuild(name, all)
      return explainBuild(build, all, step === undefined ? undefined : [findStep(step, build)])
    },
    async remove(builds) {
      const all = await list()
      const found = builds === 'all' ? all : [...new Set(builds.map((build) => findBuild(build, all)))]
      for (const { number } of found) forget(root, number)
      return found
    },
  }
}

function newestHere(builds: readonly BuildRecord[], cwd: string): BuildRecord {
  const newest = builds.find((build) => isHere(build, cwd))
  if (newest) return newest
  throw new TsbuildError('TSB_BUILD_NOT_FOUND', `no build of ${cwd} is remembered`, {
    hint: builds.length === 0 ? 'tsbuild build makes one' : 'tsbuild builds lists those of others: name one by --build',
  })
}
