import { TsbuildError } from '../errors.ts'
import { defaultLimits, limitHint } from '../limits.ts'
import { type Change, type Entry, joinPath, parentPath, rootPath, type Tree, type TreePath } from '../tree/index.ts'
import { hidesBelow } from './blame.ts'

/** The layers of an image, of which each is read when it is asked for. */
export interface LateLayers {
  readonly count: number
  /** @param index 0 for the lowest */
  open(index: number): Promise<Tree>
}

/** What is at a path, and the layer that has it: links on the way, and one at its end, are followed inside the image. */
export interface Located {
  readonly path: TreePath
  readonly entry: Entry
  readonly layer: number
}

/**
 * Looks for a path from the highest layer down, and reads no layer below the one that decides.
 * @throws {TsbuildError} TSB_PATH_LOOP
 */
export async function locate(path: TreePath, layers: LateLayers): Promise<Located | undefined> {
  const ahead = path === rootPath ? [] : path.split('/').reverse()
  let at = rootPath
  for (let links = 0, piece = ahead.pop(); piece !== undefined; piece = ahead.pop()) {
    if (piece === '' || piece === '.') continue
    if (piece === '..') {
      at = parentPath(at)
      continue
    }
    const next = joinPath(at, piece)
    const found = await lookDown(next, layers, 'kind')
    if (found?.entry.kind !== 'symlink') {
      if (found === undefined) return undefined
      at = next
      continue
    }
    if (++links > defaultLimits['link-steps']) throw loop(path)
    const { target } = found.entry
    if (target.startsWith('/')) at = rootPath
    ahead.push(...target.split('/').reverse())
  }
  return lookDown(at, layers, 'entry')
}

/**
 * What is at exactly this path, when all above it are directories.
 * @param wanted `kind`: that it is a directory is enough, whatever owner and mode it has
 */
async function lookDown(path: TreePath, layers: LateLayers, wanted: 'kind' | 'entry'): Promise<Located | undefined> {
  let implied: Located | undefined
  for (let layer = layers.count - 1; layer >= 0; layer--) {
    const tree = await layers.open(layer)
    const change = tree.get(path)
    if (change !== undefined) {
      if (change.kind === 'whiteout') return implied
      if (change.kind !== 'directory') return implied ?? { path, entry: change, layer }
      if (!change.implied || wanted === 'kind') return { path, entry: change, layer }
      implied ??= { path, entry: change, layer }
    }
    if (isShut(path, tree)) return implied
  }
  return implied
}

/** Whether lower layers have nothing to say of a path. */
function isShut(path: TreePath, tree: Tree): boolean {
  for (let at = path; ; at = parentPath(at)) {
    const change: Change | undefined = tree.get(at)
    if (change !== undefined && hidesBelow(change)) return true
    if (at === rootPath) return false
  }
}

function loop(path: TreePath): TsbuildError {
  return new TsbuildError(
    'TSB_PATH_LOOP',
    `more than ${defaultLimits['link-steps']} symbolic links on the way to /${path}`,
    {
      hint: `look for links that lead to each other; ${limitHint('link-steps')}`,
    },
  )
}
