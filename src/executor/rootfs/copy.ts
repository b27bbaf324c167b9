import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import {
  type ArchiveLimits,
  applyLayer,
  defaultArchiveLimits,
  directoryChanges,
  takeInventory,
  walk,
  writeTar,
} from '../../tree/index.ts'
import { mergedTree } from '../merged-tree.ts'
import { lowerDirectories, targetPaths, unpackedLower } from './overlay.ts'
import type { RootfsProvider } from './rootfs.ts'
import { removeStubs, rootOf, stubLayer } from './stubs.ts'
import { placeTargets } from './targets.ts'

/**
 * A plain copy of all files, and the layer by comparing with what was there: slow, but it needs no mount.
 * @param devices whether device nodes can be made
 * @param limits of the layer that comes of it
 */
export function createCopyProvider(devices: 'make' | 'skip', limits = defaultArchiveLimits): RootfsProvider {
  const all = roomForAll(limits)
  return {
    name: 'copy',
    lowers: (layers, tree, folder) => lowerDirectories(layers, tree, folder, unpackedLower),
    async prepare(layers, targets, scratch, signal) {
      const tree = await mergedTree(layers, limits.linkSteps)
      const placed = placeTargets(tree, targets)
      const root = path.join(scratch, 'root')
      await mkdir(root, { mode: 0o755 })
      await applyLayer(writeTar([...rootOf(tree), ...walk(tree)]), root, { devices, limits: all, signal })
      const before = takeInventory(root)
      await applyLayer(writeTar([...stubLayer(placed, tree), ...placed.standing]), root, {
        devices,
        limits: all,
        signal,
      })
      return {
        rootfs: { kind: 'directory', path: root },
        tree,
        targets: targetPaths(placed),
        async commit(store) {
          removeStubs(root, placed)
          return await store.fromChanges(await directoryChanges(before, root, tree, limits), signal)
        },
        async keep(_folder, store) {
          removeStubs(root, placed)
          const changes = await directoryChanges(before, root, tree, limits)
          return { kind: 'layer', layer: await store.fromChanges(changes, signal) }
        },
        dispose: async () => {},
      }
    },
  }
}

/** What is copied is of many layers, each of which was held against the limits already: lower ones are not for their sum. */
function roomForAll(limits: ArchiveLimits): ArchiveLimits {
  const { entries, unpackedBytes } = defaultArchiveLimits
  return {
    ...defaultArchiveLimits,
    entries: Math.max(entries, limits.entries),
    unpackedBytes: Math.max(unpackedBytes, limits.unpackedBytes),
    pathBytes: Math.max(defaultArchiveLimits.pathBytes, limits.pathBytes),
    pathDepth: Math.max(defaultArchiveLimits.pathDepth, limits.pathDepth),
  }
}
