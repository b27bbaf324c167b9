import { open } from 'node:fs/promises'
import path from 'node:path'
import { type Digest, hexOf, sha256Hasher } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { type Descriptor, type Layer, mediaTypes, toOci } from '../image/index.ts'
import { compress, compressionFormat, fileBytes } from '../tree/index.ts'
import { exporting } from './destination.ts'

/** What an export needs of the machine. */
export interface ExportPorts {
  /** The file that holds the blob of a layer, which is fetched first when it is still elsewhere. Not changed. */
  readonly blobFile: (descriptor: Descriptor) => Promise<string>
  /** A fresh private directory; the export removes it. */
  readonly temporary: (prefix: string) => Promise<string>
  /** Layers that were compressed before; absent: each is compressed again. */
  readonly packed?: PackedLayers
  /** Told what is being done, with bytes. */
  readonly report?: (label: string, current: number, total?: number, done?: true) => void
  readonly signal?: AbortSignal
}

/** Remembers what layers were compressed to. `form` names all that decides the bytes. */
export interface PackedLayers {
  /** Puts the bytes into a file that is not there yet; undefined when they are not known. `isWhole` removes it when it is damaged. */
  find(layer: Digest, form: string, target: string): Promise<(Packed & { isWhole(): Promise<boolean> }) | undefined>
  /** Takes a second name of the file, which is not changed any more. */
  keep(layer: Digest, form: string, file: string, packed: Packed): Promise<void>
}

interface Packed {
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
}

/** How layers leave that are not compressed yet. */
export type LayerCompression = 'gzip' | 'zstd' | 'none'

/** A blob that is ready to leave: what it is, and the file that holds it. */
export interface PackedBlob {
  readonly descriptor: Descriptor
  readonly file: string
  /** False for a file of the store, which has its bytes checked when they leave. */
  readonly checked: boolean
  /** Waited for before the file is read: one that is damaged is made again. */
  readonly whole: () => Promise<void>
}

/** Levels that give most of the size for a part of the time. */
const levels = { gzip: 6, zstd: 3 } as const

/**
 * The blob of a layer as it leaves. One that is compressed stays as it is, so that the image shares it with its base.
 * @param folder where compressed layers are put
 * @param check when one that was compressed before is looked at: `late` for who may not want its bytes
 */
export async function packLayer(
  layer: Layer,
  compression: LayerCompression,
  folder: string,
  ports: ExportPorts,
  check: 'now' | 'late' = 'now',
): Promise<PackedBlob> {
  const descriptor = toOci(await layer.descriptor())
  const file = await ports.blobFile(descriptor)
  if (compression === 'none' || isPacked(descriptor, compression))
    return { descriptor, file, checked: false, whole: nothing }
  const target = path.join(folder, hexOf(descriptor.digest))
  const form = `${compression}-${levels[compression]}.${compressionFormat}`
  const make = async () => {
    const made = await writeCompressed(file, compression, target, descriptor, ports)
    await ports.packed?.keep(descriptor.digest, form, target, made)
    return made
  }
  const { digest, size, whole } = await packedTo(target, descriptor.digest, form, ports.packed, make, check)
  const mediaType = compression === 'gzip' ? mediaTypes.layerGzip : mediaTypes.layerZstd
  return { descriptor: { mediaType, digest, size }, file: target, checked: true, whole }
}

/** True for a layer that leaves as it is: nobody need have its bytes to know what it is called. */
export function isPacked({ mediaType }: Descriptor, compression: LayerCompression): boolean {
  return compression === 'none' || mediaType !== mediaTypes.layerTar
}

async function packedTo(
  target: string,
  layer: Digest,
  form: string,
  known: PackedLayers | undefined,
  make: () => Promise<Packed>,
  check: 'now' | 'late',
): Promise<Packed & Pick<PackedBlob, 'whole'>> {
  const found = await known?.find(layer, form, target)
  if (!found || (check === 'now' && !(await found.isWhole()))) return { ...(await make()), whole: nothing }
  if (check === 'now') return { ...found, whole: nothing }
  const look = async () => {
    if (await found.isWhole()) return
    const made = await make()
    if (made.digest !== found.digest) throw repacked(found.digest)
  }
  let looking: Promise<void> | undefined
  const whole = () => {
    looking ??= look()
    return looking
  }
  return { ...found, whole }
}

async function nothing(): Promise<void> {}

async function writeCompressed(
  file: string,
  compression: 'gzip' | 'zstd',
  target: string,
  { digest, size: total }: Descriptor,
  { report, signal }: ExportPorts,
): Promise<Packed> {
  const hasher = sha256Hasher()
  const plain = sha256Hasher()
  let size = 0
  const source = counted(fileBytes(file), (chunk, done) => {
    plain.update(chunk)
    report?.(`exporting layer ${digest}`, done, total, ...(done === total ? ([true] as const) : []))
  })
  await exporting(target, async () => {
    await using handle = await open(target, 'wx', 0o600)
    for await (const chunk of compress(source, compression, levels[compression])) {
      signal?.throwIfAborted()
      hasher.update(chunk)
      size += chunk.length
      for (let at = 0; at < chunk.length; ) at += (await handle.write(chunk, at)).bytesWritten
    }
  })
  if (plain.digest() !== digest) throw damaged(file, digest)
  return { digest: hasher.digest(), size }
}

/** Lets the bytes of a file pass. @throws {TsbuildError} TSB_DIGEST_MISMATCH at the end when they were others */
export async function* digested(
  bytes: AsyncIterable<Uint8Array>,
  file: string,
  digest: Digest,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hasher = sha256Hasher()
  for await (const piece of bytes) {
    hasher.update(piece)
    yield piece
  }
  if (hasher.digest() !== digest) throw damaged(file, digest)
}

function damaged(file: string, digest: Digest): TsbuildError {
  return new TsbuildError('TSB_DIGEST_MISMATCH', `the file of layer ${digest} has other bytes: ${file}`, {
    hint: 'tsbuild doctor --fsck --repair puts it aside or fetches it; then build or load the image again',
  })
}

function repacked(digest: Digest): TsbuildError {
  const message = `the layer ${digest} was damaged in the cache, and has another digest now that it is compressed again`
  return new TsbuildError('TSB_DIGEST_MISMATCH', message, {
    hint: 'do the same once more: it goes under its new digest then',
  })
}

async function* counted(
  bytes: AsyncIterable<Uint8Array>,
  tell: (chunk: Uint8Array, done: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  let done = 0
  for await (const chunk of bytes) {
    done += chunk.length
    tell(chunk, done)
    yield chunk
  }
}
