import { open } from 'node:fs/promises'
import path from 'node:path'
import { hexOf, sha256Hasher } from '../digest/index.ts'
import { type Descriptor, type Layer, mediaTypes, toOci } from '../image/index.ts'
import { compress } from '../tree/index.ts'
import { exporting } from './destination.ts'
import { fileBytes } from './file-bytes.ts'

/** What an export needs of the machine. */
export interface ExportPorts {
  /** The file that holds the blob of a layer, which is fetched first when it is still elsewhere. Not changed. */
  readonly blobFile: (descriptor: Descriptor) => Promise<string>
  /** A fresh private directory; the export removes it. */
  readonly temporary: (prefix: string) => Promise<string>
  /** Told what is being done, with bytes. */
  readonly report?: (label: string, current: number, total?: number, done?: true) => void
  readonly signal?: AbortSignal
}

/** How layers leave that are not compressed yet. */
export type LayerCompression = 'gzip' | 'zstd' | 'none'

/** A blob that is ready to leave: what it is, and the file that holds it. */
export interface PackedBlob {
  readonly descriptor: Descriptor
  readonly file: string
}

/** Levels that give most of the size for a part of the time. */
const levels = { gzip: 6, zstd: 3 } as const

/**
 * The blob of a layer as it leaves. One that is compressed stays as it is, so that the image shares it with its base.
 * @param folder where compressed layers are put
 */
export async function packLayer(
  layer: Layer,
  compression: LayerCompression,
  folder: string,
  ports: ExportPorts,
): Promise<PackedBlob> {
  const descriptor = toOci(await layer.descriptor())
  const file = await ports.blobFile(descriptor)
  if (compression === 'none' || descriptor.mediaType !== mediaTypes.layerTar) return { descriptor, file }
  const packed = path.join(folder, hexOf(descriptor.digest))
  const { digest, size } = await writeCompressed(file, compression, packed, descriptor, ports)
  const mediaType = compression === 'gzip' ? mediaTypes.layerGzip : mediaTypes.layerZstd
  return { descriptor: { mediaType, digest, size }, file: packed }
}

async function writeCompressed(
  file: string,
  compression: 'gzip' | 'zstd',
  target: string,
  { digest, size: total }: Descriptor,
  { report, signal }: ExportPorts,
) {
  const hasher = sha256Hasher()
  let size = 0
  const source = counted(fileBytes(file), (done) =>
    report?.(`exporting layer ${digest}`, done, total, ...(done === total ? ([true] as const) : [])),
  )
  await exporting(target, async () => {
    await using handle = await open(target, 'wx', 0o600)
    for await (const chunk of compress(source, compression, levels[compression])) {
      signal?.throwIfAborted()
      hasher.update(chunk)
      size += chunk.length
      for (let at = 0; at < chunk.length; ) at += (await handle.write(chunk, at)).bytesWritten
    }
  })
  return { digest: hasher.digest(), size }
}

async function* counted(
  bytes: AsyncIterable<Uint8Array>,
  tell: (done: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  let done = 0
  for await (const chunk of bytes) {
    yield chunk
    done += chunk.length
    tell(done)
  }
}
