import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { Layer } from '../../image/index.ts'
import {
  absolutePath,
  type Entry,
  type FileTree,
  type OverlayMarks,
  overlay,
  unpackTar,
  upperChanges,
  writeTar,
} from '../../tree/index.ts'
import { overImplied } from './implied.ts'
import type { RootfsProvider } from './rootfs.ts'
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
  marks: OverlayMarks,
  lowerOf: LowerOf,
): RootfsProvider {
  return {
    name,
    lowers: (layers, tree, folder) => lowerDirectories(layers, tree, folder, lowerOf),
    async prepare(layers, targets, scratch, signal) {
      const tree = await mergedTree(layers)
      const placed = placeTargets(tree, targets)
      const [upper, work, merged] = await Promise.all(['upper', 'work', 'merged'].map((name) => made(scratch, name)))
      if (!upper || !work || !merged) throw new Error('three directories were asked for')
      await unpackTar(writeTar([...rootOf(tree), ...placed.standing]), upper, { marks })
      const stubs = await writeStubs(placed, tree, scratch, marks)
      const all = [...stubs, ...(await lowerDirectories(layers, tree, path.join(scratch, 'implied'), lowerOf))]
      return {
        rootfs: {
          kind: 'overlay',
          lowers: all.length > 0 ? all : [await made(scratch, 'nothing')],
          upper,
          work,
          merged,
        },
        tree,
        targets: targetPaths(placed),
        async commit(store) {
          await removeStubs(upper, placed)
          return await store.fromUpper(upper, await upperChanges(upper, marks, tree), signal)
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

/** The files of some layers, lowest first. */
export async function mergedTree(layers: readonly Layer[]): Promise<FileTree> {
  return overlay(await Promise.all(layers.map((layer) => layer.tree('part'))))
}

export function targetPaths({ places }: PlacedTargets): ReadonlyMap<string, string> {
  return new Map([...places].map(([asked, place]) => [asked, absolutePath(place)]))
}

async function writeStubs(
  placed: PlacedTargets,
  tree: FileTree,
  scratch: string,
  marks: OverlayMarks,
): Promise<readonly string[]> {
  if (placed.stubs.length === 0) return []
  const directory = await made(scratch, 'stubs')
  const entries: readonly Entry[] = stubLayer(placed, tree)
  await unpackTar(writeTar(entries), directory, { marks })
  return [directory]
}

async function made(scratch: string, name: string): Promise<string> {
  const directory = path.join(scratch, name)
  await mkdir(directory, { mode: 0o755 })
  return directory
}
