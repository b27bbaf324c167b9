import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { GitFailure } from './program.ts'
import type { GitSession } from './session.ts'

/**
 * Runs work with a repository of the cache; when that fails and git finds the repository damaged, it is removed and the work
 * is done once more, with one that is fetched anew.
 */
export async function withWhole<T>(
  { git, options, signal }: GitSession,
  gitDir: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (signal.aborted || !existsSync(gitDir) || (await isWhole())) throw error
    await options.locked(`git ${gitDir}`, () => rm(gitDir, { recursive: true, force: true }), signal)
    return work()
  }

  async function isWhole(): Promise<boolean> {
    try {
      await git.run(['fsck', '--full', '--no-dangling', '--no-progress'], { gitDir })
      return true
    } catch (error) {
      if (error instanceof GitFailure) return false
      throw error
    }
  }
}
