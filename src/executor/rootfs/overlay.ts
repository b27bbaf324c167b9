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

/**
 * Directories of the layers, merged by overlayfs; the upper one becomes the layer by rename. What is only made to mount on
 * is in a lower directory of its own, so that nothing of it gets into the layer.
 */
export function createOverlayProvider(marks: OverlayMarks): RootfsProvider {
  return {
    name: 'overlay',
    async prepare(layers, targets, scratch, signal) {
      const tree = await mergedTree(layers)
      const placed = placeTargets(tree, targets)
      const [upper, work, merged] = await Promise.all(['upper', 'work', 'merged'].map((name) => made(scratch, name)))
      if (!upper || !work || !merged) throw new Error('three directories were asked for')
      await unpackTar(writeTar([...rootOf(tree), ...placed.standing]), upper, { marks })
      const stubs = await writeStubs(placed, tree, scratch, marks)
      const all = [...stubs, ...(await lowerDirectories(layers, tree, path.join(scratch, 'implied')))]
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

/**
 * The directories of some layers (lowest first) as overlayfs takes them: topmost first, each once. Of a layer that is there
 * twice the upper one hides all that the lower one has, and overlayfs refuses the same directory twice.
 * @param tree the merged files of the layers
 * @param folder may be made, for what the directories of layers cannot say each by itself
 */
export async function lowerDirectories(
  layers: readonly Layer[],
  tree: FileTree,
  folder: string,
): Promise<readonly string[]> {
  const directories = new Set(await Promise.all(layers.toReversed().map((layer) => layer.directory())))
  return [...(layers.length > 1 ? await overImplied(layers, tree, folder) : []), ...directories]
}

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
