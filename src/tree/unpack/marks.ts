import { constants, readdirSync } from 'node:fs'
import { makeNode, setXattr } from '../../syscalls/index.ts'
import type { OverlayMarks } from '../directory.ts'
import { decodeName } from '../names.ts'
import { joinPath, type TreePath } from '../path.ts'
import type { Site } from './site.ts'

/**
 * What the marks of a layer do to a directory. They are about what lower layers have: what the same layer puts at a path
 * stays, whether it comes before the mark or after it.
 */
export interface MarkHandling {
  whiteout(path: TreePath, site: Site): void
  opaque(path: TreePath, site: Site): void
  /** For a directory that is whole. */
  finish(path: TreePath, site: Site): void
}

/** Marks as overlayfs reads them in a lower directory. */
export function keepMarks(marks: OverlayMarks): MarkHandling {
  const makeOpaque = (path: TreePath, site: Site) => site.addPending(path, { opaque: true })
  return {
    whiteout(path, site) {
      const found = site.stats(path)
      if (!found) makeNode(site.host(path), constants.S_IFCHR, 0, 0)
      else if (found.isDirectory()) makeOpaque(path, site)
    },
    opaque: makeOpaque,
    finish: (path, site) => setXattr(site.host(path), `${marks}.overlay.opaque`, Buffer.from('y')),
  }
}

/** Marks that delete at once: for a directory that holds what all layers together gave. */
export const applyMarks: MarkHandling = {
  whiteout(path, site) {
    if (!site.stats(path)) return
    if (site.made.has(path)) clearLower(path, site)
    else site.remove(path)
  },
  opaque: clearLower,
  finish: () => undefined,
}

/** Removes all below a directory that this layer did not make. */
function clearLower(directory: TreePath, site: Site): void {
  if (!site.stats(directory)?.isDirectory()) return
  const waiting = [directory]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const item of readdirSync(site.host(at), { withFileTypes: true, encoding: 'buffer' })) {
      const child = joinPath(at, decodeName(item.name))
      if (!site.made.has(child)) site.remove(child)
      else if (item.isDirectory()) waiting.push(child)
    }
  }
}
