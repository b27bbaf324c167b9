import path from 'node:path'
import { isContinuousIntegration } from '../continuous-integration.ts'

/** Where compiled code of a user is kept. */
export interface Caches {
  /** Absolute: in a folder that is built somebody else could have put code for us to run. */
  readonly folder: string
  /** False: what is there is used, and nothing is added. */
  readonly adds: boolean
}

/** Nothing that was compiled before is used. */
export type Off = 'off'

type Env = Readonly<Record<string, string | undefined>>

/** Node's own choice is below `/tmp`, where other users could put code for us to run. The home of a CI job goes with the job. */
export function cachesOf(env: Env): Caches | Off | undefined {
  const {
    NODE_DISABLE_COMPILE_CACHE: off,
    NODE_COMPILE_CACHE: named,
    XDG_CACHE_HOME: cache = '',
    HOME: home = '',
  } = env
  if (off) return 'off'
  if (named) return path.isAbsolute(named) ? { folder: named, adds: true } : undefined
  const above = path.isAbsolute(cache) ? cache : path.isAbsolute(home) ? path.join(home, '.cache') : undefined
  return above === undefined
    ? undefined
    : { folder: path.join(above, 'tsbuild/compiled'), adds: !isContinuousIntegration(env) }
}
