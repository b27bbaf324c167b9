import { mkdirSync, renameSync } from 'node:fs'
import path from 'node:path'
import type { Layer } from '../../image/index.ts'
import {
  type ArchiveLimits,
  absolutePath,
  type Entry,
  type FileTree,
  type OverlayMarks,
  rootPath,
  setDirectory,
  unpackTar,
  upperChanges,
  writeTar,
} from '../../tree/index.ts'
import { mergedTree } from '../merged-tree.ts'
import { overImplied } from './implied.ts'
import { leftUpper, type RootfsProvider } from './rootfs.ts'
import { removeStubs, rootOf, stubLayer } from './stubs.ts'
import { type PlacedTargets, placeTargets } from './targets.ts'

/** Gives a path by which overlayfs finds the files of a layer. */
export type LowerOf = (layer: Layer) => Promise<string>

/**
 * The layers, merged by overlayfs; the upper directory becomes the layer by rename. What is only made to mount on is in a
 * lower directory of its own, so that nothing of it gets into the layer.
 */
export function createOverlayProvider(
  name: 'erofs' | 'overlay',
  { marks, budget }: { readonly marks: OverlayMarks; readonly budget?: ArchiveLimits },
  lowerOf: LowerOf,
  temporary: (prefix: string) => Promise<string>,
): RootfsProvider {
  const stubsFor = sharedStubs(marks, temporary)
  return {
    name,
    lowers: (layers, tree, folder) => lowerDirectories(layers, tree, folder, lowerOf),
    async prepare(layers, targets, scratch, signal) {
      const tree = await mergedTree(layers, budget?.linkSteps)
      const placed = placeTargets(tree, targets)
      const [upper, work, merged] = [made(scratch, 'upper'), made(scratch, 'work'), made(scratch, 'merged')]
      await fillUpper(upper, placed, tree, marks)
      const all = [
        ...(await stubsFor(placed, tree)),
        ...(await lowerDirectories(layers, tree, path.join(scratch, 'implied'), lowerOf)),
      ]
      return {
        rootfs: {
          kind: 'overlay',
          lowers: all.length > 0 ? all : [made(scratch, 'nothing')],
          upper,
          work,
          merged,
        },
        tree,
        targets: targetPaths(placed),
        async commit(store) {
          removeStubs(upper, placed)
          return await store.fromUpper(upper, await upperChanges(upper, marks, tree, budget), signal)
        },
        async keep(folder, store, searched) {
          removeStubs(upper, placed)
          if (searched) await (await store.prepare(await upperChanges(upper, marks, tree, budget), signal)).drop()
          renameSync(upper, path.join(folder, leftUpper))
          return { kind: 'upper' }
        },
        dispose: async () => {},
      }
    },
  }
}

/** What `RootfsProvider.lowers` gives. Of a layer that is there twice the upper one hides all that the lower one has. */
export async function lowerDirectories(
  layers: readonly Layer[],
  tree: FileTree,
  folder: string,
  lowerOf: LowerOf,
): Promise<readonly string[]> {
  const directories = new Set(await Promise.all(layers.toReversed().map(lowerOf)))
  return [...(layers.length > 1 ? await overImplied(layers, tree, folder) : []), ...directories]
}

/** The directory of a layer, unpacked where that has not happened yet. */
export const unpackedLower: LowerOf = (layer) => layer.directory()

export function targetPaths({ places }: PlacedTargets): ReadonlyMap<string, string> {
  return new Map([...places].map(([asked, place]) => [asked, absolutePath(place)]))
}

/** The root of the layer as the layers below have it, and the directories that every container has. */
async function fillUpper(upper: string, { standing }: PlacedTargets, tree: FileTree, marks: OverlayMarks) {
  const root = tree.get(rootPath)
  const isSaid = root?.kind === 'directory' && !root.implied
  if (isSaid && standing.length === 0) setDirectory(upper, root)
  else await unpackTar(writeTar([...rootOf(tree), ...standing]), upper, { marks })
}

/** The directory with what is only made to mount on. Nobody writes to it, and most steps of a build need the same. */
function sharedStubs(marks: OverlayMarks, temporary: (prefix: string) => Promise<string>) {
  const known = new Map<string, Promise<string>>()
  const write = async (entries: readonly Entry[]) => {
    const directory = made(await temporary('stubs'), 'files')
    await unpackTar(writeTar(entries), directory, { marks })
    return directory
  }
  return async (placed: PlacedTargets, tree: FileTree): Promise<readonly string[]> => {
    if (placed.stubs.length === 0) return []
    const entries = stubLayer(placed, tree)
    const said = JSON.stringify(entries, (_, value: unknown) => (value instanceof Map ? [...value] : value))
    const directory = known.get(said) ?? write(entries)
    known.set(said, directory)
    return [await directory]
  }
}

function made(scratch: string, name: string): string {
  const directory = path.join(scratch, name)
  mkdirSync(directory, { mode: 0o755 })
  return directory
}
