import { absolutePath, rootPath, type Tree, type TreePath, walk } from '../tree/index.ts'
import { sizeOf } from './facts.ts'
import { inPieces, pieceLength } from './in-pieces.ts'

/** A path whose bytes are in an image more often than anybody can see them. */
export interface WastedFile {
  /** Ends in `/` for a directory that was removed with all in it. */
  readonly path: string
  /** How often layers speak of it: each time it was written, and when it was removed. */
  readonly count: number
  /** Bytes of all its versions. */
  readonly total: number
  /** Bytes of those that nobody sees any more. */
  readonly hidden: number
  /** Layers that wrote it, lowest first. */
  readonly writtenBy: readonly number[]
  /** The layer that removed it. */
  readonly removedBy?: number
}

/** How well the layers of an image use their room. The first four are dive's. */
export interface Waste {
  /** Bytes that would do, as a part of those there are: 1 when nothing is there twice. */
  readonly efficiency: number
  /** All bytes of the files in the list, as dive counts them: those of the version that is seen, too. */
  readonly wastedBytes: number
  /** `wastedBytes` as a part of the bytes above the lowest layer; 0 when there are none. */
  readonly userWastedPercent: number
  /** Greatest total first. */
  readonly files: readonly WastedFile[]
  /** Bytes that nobody sees any more. */
  readonly hiddenBytes: number
  /** Bytes of the files of all layers. */
  readonly imageBytes: number
  /** Of each layer, lowest first. */
  readonly layerBytes: readonly number[]
}

/** @param layers of an image, lowest first */
export function findWaste(layers: readonly Tree[], signal?: AbortSignal): Promise<Waste> {
  return inPieces(wasteOf(layers), signal)
}

/** What layers did to the file at a path. */
interface Life {
  readonly writtenBy: number[]
  total: number
  least: number
  /** Bytes that are seen; undefined while it is removed. */
  seen: number | undefined
  removals: number
  removedBy?: number | undefined
  /** The directory that it was removed with. */
  removedWith?: TreePath | undefined
}

function* wasteOf(layers: readonly Tree[]): Generator<void, Waste, undefined> {
  const lives = new Map<TreePath, Life>()
  const directories = new Set<TreePath>()
  const layerBytes: number[] = []
  for (const [index, layer] of layers.entries()) {
    let count = 0
    let bytes = 0
    const hide = (path: TreePath) => hideBelow(path, index, layers, lives)
    for (const change of walk(layer)) {
      if (++count % pieceLength === 0) yield
      const { path } = change
      bytes += sizeOf(change)
      if (change.kind === 'directory') {
        remove(lives.get(path), index)
        if (change.opaque) hide(path)
        directories.add(path)
        continue
      }
      if (directories.has(path)) hide(path)
      if (change.kind === 'whiteout') remove(lives.get(path), index)
      else write(path, sizeOf(change), index, lives)
    }
    layerBytes.push(bytes)
  }
  return summary(lives, layerBytes)
}

function write(path: TreePath, size: number, index: number, lives: Map<TreePath, Life>): void {
  const life = lives.get(path)
  if (!life) {
    lives.set(path, { writtenBy: [index], total: size, least: size, seen: size, removals: 0 })
    return
  }
  life.writtenBy.push(index)
  life.total += size
  life.least = Math.min(life.least, size)
  life.seen = size
  life.removedBy = undefined
  life.removedWith = undefined
}

function remove(life: Life | undefined, index: number, directory?: TreePath): void {
  if (life?.seen === undefined) return
  life.seen = undefined
  life.least = 0
  life.removals++
  life.removedBy = index
  life.removedWith = directory
}

/** All that lower layers have below a directory, but for what the layer has there itself, is gone. */
function hideBelow(path: TreePath, index: number, layers: readonly Tree[], lives: Map<TreePath, Life>): void {
  const own = layers[index]
  for (const lower of layers.slice(0, index)) {
    for (const change of walk(lower, path)) {
      const again = own?.get(change.path)
      if (again === undefined || again.kind === 'whiteout') remove(lives.get(change.path), index, path)
    }
  }
}

function summary(lives: ReadonlyMap<TreePath, Life>, layerBytes: readonly number[]): Waste {
  const files: WastedFile[] = []
  const folders = new Map<string, WastedFile>()
  let [least, total, hiddenBytes] = [0, 0, 0]
  for (const [path, life] of lives) {
    const hidden = life.total - (life.seen ?? 0)
    least += life.least
    total += life.total
    hiddenBytes += hidden
    const count = life.writtenBy.length + life.removals
    if (count < 2 || life.total === 0) continue
    const { writtenBy, removedBy, removedWith } = life
    const gone = removedBy !== undefined && { removedBy }
    if (writtenBy.length > 1 || removedWith === undefined) {
      files.push({ path: absolutePath(path), count, total: life.total, hidden, writtenBy, ...gone })
      continue
    }
    const key = `${removedBy} ${removedWith}`
    folders.set(key, joined(folders.get(key), folderName(removedWith), { ...life, hidden }))
  }
  files.push(...folders.values())
  files.sort((a, b) => b.total - a.total || (a.path < b.path ? -1 : 1))
  const wastedBytes = files.reduce((sum, file) => sum + file.total, 0)
  const imageBytes = layerBytes.reduce((sum, bytes) => sum + bytes, 0)
  const userBytes = imageBytes - (layerBytes[0] ?? 0)
  return {
    efficiency: total === 0 ? 1 : least / total,
    wastedBytes,
    userWastedPercent: userBytes === 0 ? 0 : wastedBytes / userBytes,
    files,
    hiddenBytes,
    imageBytes,
    layerBytes,
  }
}

function folderName(path: TreePath): string {
  return path === rootPath ? '/' : `${absolutePath(path)}/`
}

/** A directory that was removed is one row. */
function joined(row: WastedFile | undefined, path: string, life: Life & { readonly hidden: number }): WastedFile {
  const writtenBy = [...new Set([...(row?.writtenBy ?? []), ...life.writtenBy])].sort((a, b) => a - b)
  return {
    path,
    count: writtenBy.length + 1,
    total: (row?.total ?? 0) + life.total,
    hidden: (row?.hidden ?? 0) + life.hidden,
    writtenBy,
    ...(life.removedBy !== undefined && { removedBy: life.removedBy }),
  }
}
