import { openCache } from '../../src/cache/index.ts'
import { sha256 } from '../../src/digest/index.ts'
import type { Image, ImageConfig, Layer } from '../../src/image/index.ts'
import { openStore } from '../../src/store/index.ts'
import { type Change, type FileEntry, readContent, walk } from '../../src/tree/index.ts'
import { collect } from './collect.ts'

/** An image as goldens have it: what hangs on the machine or the time is left out. */
export interface ShownImage {
  readonly config: Omit<ImageConfig, 'architecture' | 'created' | 'history' | 'rootfs' | 'variant'>
  readonly history: readonly ShownRow[]
}

export interface ShownRow {
  readonly created_by?: string | undefined
  readonly empty_layer?: true
  /** The changes of the layer of this row, one a line: kind, mode, owner, path, and the content where it is short. */
  readonly layer?: readonly string[] | string
}

/**
 * Reads an image of a store, bytes of its layers included.
 * @param known names for contents that are not the same everywhere, by digest
 */
export async function showImage(root: string, name: string, known: ReadonlyMap<string, string>): Promise<ShownImage> {
  const store = await openStore(root, { now: Date.now })
  const cache = await openCache(store, { now: Date.now, overlayXattr: 'trusted' })
  try {
    const found = await store.images.find(name)
    if (!found) throw new Error(`no image ${name}`)
    return await shown(await store.images.open(found.manifest, cache.layers.fromDescriptor), known)
  } finally {
    await cache.close()
    await store.close()
  }
}

async function shown({ config, layers }: Image, known: ReadonlyMap<string, string>): Promise<ShownImage> {
  const { architecture: _, variant: __, created: ___, history = [], rootfs: ____, ...rest } = config
  const left = [...layers]
  const rows: ShownRow[] = []
  for (const { created_by, empty_layer } of history) {
    if (empty_layer) rows.push({ created_by, empty_layer })
    else rows.push({ created_by, layer: await linesOf(left.shift(), known) })
  }
  if (left.length > 0) throw new Error('more layers than rows of history')
  return { config: rest, history: rows }
}

async function linesOf(layer: Layer | undefined, known: ReadonlyMap<string, string>) {
  if (!layer) throw new Error('more rows of history than layers')
  const whole = known.get(await layer.diffId())
  if (whole !== undefined) return whole
  return Promise.all([...walk(await layer.tree())].map((change) => lineOf(change, known)))
}

async function lineOf(change: Change, known: ReadonlyMap<string, string>): Promise<string> {
  if (change.kind === 'whiteout') return `gone /${change.path}`
  const { mode, uid, gid, xattrs } = change
  const attributes = [...(xattrs ?? [])].map(([key, value]) => ` [${key}=${Buffer.from(value).toString('hex')}]`)
  const words = `${kindOf(change)} ${mode.toString(8).padStart(4, '0')} ${uid}:${gid} /${change.path}${attributes.join('')}`
  switch (change.kind) {
    case 'file':
      return `${words} ${await contentOf(change, known)}`
    case 'symlink':
      return `${words} -> ${change.target}`
    case 'hardlink':
      return `${words} = /${change.target}`
    case 'character':
    case 'block':
      return `${words} ${change.major}:${change.minor}`
    default:
      return words
  }
}

function kindOf(change: Change): string {
  return change.kind === 'directory' && change.opaque ? 'opaque directory' : change.kind
}

/** Text when it is short, else how much and of which digest. */
async function contentOf(file: FileEntry, known: ReadonlyMap<string, string>): Promise<string> {
  const bytes = await collect(readContent(file))
  const digest = sha256(bytes)
  const name = known.get(digest)
  if (name !== undefined) return `(${name})`
  const text = bytes.toString()
  if (bytes.length <= 400 && /^[\n\t\x20-\x7e]*$/.test(text)) return JSON.stringify(text)
  return `${bytes.length} bytes ${digest.slice(0, 19)}`
}
