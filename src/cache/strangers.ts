import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isSystemError } from '../errors.ts'

/** What tsbuild has in `cache/`. */
const own = new Set([
  ...['records', 'files', 'aliases', 'steps', 'contents', 'surveys', 'plans', 'packs', 'intact', 'layers'],
  ...['tars', 'packed', 'erofs', 'remotes', 'stat-index', 'probes.json'],
])

/** Names in `cache/` that nothing of tsbuild has: of other versions, or of somebody else. */
export function strangersIn(root: string): readonly string[] {
  try {
    return readdirSync(join(root, 'cache')).filter((name) => !own.has(name))
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  }
}
