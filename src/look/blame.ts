import { type Change, parentPath, rootPath, type Tree, type TreePath } from '../tree/index.ts'
import { type FileFacts, factsOf } from './facts.ts'

/** What one layer did to a path. */
export interface PathEvent {
  readonly layer: number
  readonly what: 'added' | 'changed' | 'removed'
  /** What the layer has there; absent when it removed it. */
  readonly facts?: FileFacts
}

/** What each layer did to a path, lowest first: links on the way are not followed. @param layers lowest first */
export function eventsOf(path: TreePath, layers: readonly Tree[]): readonly PathEvent[] {
  const events: PathEvent[] = []
  let isThere = false
  for (const [layer, tree] of layers.entries()) {
    const change = tree.get(path)
    const hides = change === undefined && isHidden(path, tree)
    if (change === undefined || change.kind === 'whiteout') {
      if (isThere && (change !== undefined || hides)) events.push({ layer, what: 'removed' })
      if (change !== undefined || hides) isThere = false
      continue
    }
    if (isThere && change.kind === 'directory' && change.implied) continue
    events.push({ layer, what: isThere ? 'changed' : 'added', facts: factsOf(change) })
    isThere = true
  }
  return events
}

/** Whether a layer takes away what is at a path by what it does to a directory above. */
function isHidden(path: TreePath, tree: Tree): boolean {
  for (let at = path; at !== rootPath; ) {
    at = parentPath(at)
    const change = tree.get(at)
    if (change !== undefined && hidesBelow(change)) return true
  }
  return false
}

/** Whether nothing of lower layers is seen below a path. */
export function hidesBelow(change: Change): boolean {
  return change.kind !== 'directory' || change.opaque === true
}
