import { realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import { isContinuousIntegration } from '../continuous-integration.ts'

/** Which compiled code of earlier runs a run may start with. */
export interface Caches {
  /** Absolute: the user's own, where nobody else may have put code for us to run. */
  readonly own: string | undefined
  /** What was made with the installation. */
  readonly installed: boolean
}

type Env = Readonly<Record<string, string | undefined>>

/**
 * Node's own choice is below `/tmp`, where others may write. Nothing is taken from a folder of somebody else (of whoever calls `sudo`,
 * say), nor from below the working directory, which is likely to be what is built. The home of a CI job may be a checkout and goes
 * with the job: there a folder has to be named.
 * @param cwd absolute
 */
export function cachesOf(env: Env, cwd: string): Caches {
  const {
    NODE_DISABLE_COMPILE_CACHE: off,
    NODE_COMPILE_CACHE: named,
    XDG_CACHE_HOME: cache = '',
    HOME: home = '',
  } = env
  if (off) return { own: undefined, installed: false }
  const own = named
    ? usable(named, [], cwd)
    : isContinuousIntegration(env)
      ? undefined
      : path.isAbsolute(cache)
        ? usable(cache, ['tsbuild', 'compiled'], cwd)
        : usable(home, ['.cache', 'tsbuild', 'compiled'], cwd)
  return { own, installed: true }
}

/** The folder of these names below another; undefined where it cannot be trusted. What is not there yet will be ours. */
function usable(above: string, names: readonly string[], cwd: string): string | undefined {
  if (!path.isAbsolute(above)) return undefined
  const folders = [above, ...names.map((_, at) => path.join(above, ...names.slice(0, at + 1)))]
  try {
    for (const folder of folders) {
      const found = statSync(folder, { throwIfNoEntry: false })
      if (!found) break
      if (!isTrusted(found) || isWithin(cwd, realpathSync(folder))) return undefined
    }
  } catch {
    return undefined
  }
  const folder = path.join(above, ...names)
  return isWithin(cwd, folder) ? undefined : folder
}

/** Whether nobody else may have put anything there. A group of one's own has one's number. */
export function isTrusted({
  uid,
  gid,
  mode,
}: {
  readonly uid: number
  readonly gid: number
  readonly mode: number
}): boolean {
  const isGroupSafe = (mode & 0o020) === 0 || gid === uid
  return (uid === process.geteuid?.() || uid === 0) && isGroupSafe && (mode & 0o002) === 0
}

/** Of the root directory nobody says that it is built. */
function isWithin(cwd: string, folder: string): boolean {
  return cwd !== '/' && (folder === cwd || folder.startsWith(`${cwd}/`))
}
