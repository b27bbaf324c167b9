import type { Digest } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import {
  assemble,
  type ContainerConfig,
  type Descriptor,
  type Image,
  type Layer,
  mediaTypes,
  type Platform,
} from '../image/index.ts'
import { type CompressionLimits, decompress } from '../tree/index.ts'
import { onlyTar } from './damaged.ts'

/** Where the layer of an imported image is kept. */
export interface RootfsPorts {
  /** Keeps bytes, and says what they are. */
  readonly write: (bytes: AsyncIterable<Uint8Array>) => Promise<{ readonly digest: Digest; readonly size: number }>
  /** The layer of such bytes. */
  readonly layer: (descriptor: Descriptor, diffId: Digest) => Layer
  readonly limits?: CompressionLimits
}

const wanted = 'import takes a tar of a root file system, compressed or not'

/** What an imported image says of itself. */
export interface RootfsSettings {
  readonly platform: Platform
  /** RFC 3339. */
  readonly created: string
  /** Of its one row of history. */
  readonly comment?: string
  readonly config?: ContainerConfig
}

/**
 * Makes an image of one layer from a tar of a file system, compressed or not.
 * @throws {TsbuildError} TSB_ARCHIVE_… for what is no tar, or a damaged or hostile one
 */
export async function importRootfs(
  bytes: AsyncIterable<Uint8Array>,
  ports: RootfsPorts,
  { platform, created, comment = 'Imported from -', config }: RootfsSettings,
): Promise<Image> {
  const { digest, size } = await ports.write(onlyTar(decompress(bytes, ports.limits), wanted))
  if (size === 0) throw new TsbuildError('TSB_ARCHIVE_KIND', 'the archive is empty')
  const layer = ports.layer({ mediaType: mediaTypes.layerTar, digest, size }, digest)
  await layer.tree()
  const document = {
    ...platform,
    created,
    ...(config && { config }),
    rootfs: { type: 'layers', diff_ids: [digest] },
    history: [{ created, comment }],
  } as const
  return assemble({ config: document, baseLayers: [layer], history: [] })
}
