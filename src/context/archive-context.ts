import { open } from 'node:fs/promises'
import { TsbuildError } from '../errors.ts'
import { defaultLimits, type Limits } from '../limits.ts'
import {
  archiveLimits,
  compressionLimits,
  decompress,
  type FileTree,
  indexTar,
  looksLikeTar,
  overlay,
  peek,
  type TarEntry,
  type TreePath,
} from '../tree/index.ts'
import type { Context } from './open-context.ts'
import { contextOfTree } from './tree-context.ts'

/** A tar as a build context. */
export interface ArchiveContext {
  /** Owners, modes and times as the archive has them. */
  readonly context: Context
  /** When the newest of its regular files was changed, in seconds since 1970; absent when it has none. */
  readonly newest?: number
  /** Those of the watched paths that it has more than once: the last one counts. */
  readonly repeated: ReadonlySet<TreePath>
}

/**
 * Takes a tar, compressed or not, as a build context. It is not unpacked: its plain bytes are kept in one file, and each file
 * of the context is a part of that.
 * @param keptIn a file to be made, which has to stay as long as the context is used
 * @param watched paths of which it matters whether they come twice
 * @throws {TsbuildError} TSB_ARCHIVE_… for an archive that is damaged, hostile or beyond a limit, or none
 */
export async function readArchiveContext(
  bytes: AsyncIterable<Uint8Array>,
  keptIn: string,
  watched: readonly TreePath[] = [],
  limits: Limits = defaultLimits,
): Promise<ArchiveContext> {
  const notes = takeNotes(watched)
  const index = await indexTar(keeping(await plainTar(bytes, limits), keptIn), keptIn, {
    form: 'context',
    limits: archiveLimits(limits),
    seen: notes.seen,
  })
  return {
    context: contextOfTree({ ...withLinkModes(overlay([index])), linkSteps: limits['link-steps'] }),
    ...notes.taken(),
  }
}

/** A link has every permission where files are unpacked, whatever the archive says. */
function withLinkModes({ get, list }: FileTree): FileTree {
  return {
    list,
    get(path) {
      const entry = get(path)
      return entry?.kind === 'symlink' ? { ...entry, mode: 0o777 } : entry
    },
  }
}

/** A tar may begin as if it were compressed: with the name of a file. */
async function plainTar(bytes: AsyncIterable<Uint8Array>, limits: Limits): Promise<AsyncIterable<Uint8Array>> {
  const given = await peek(bytes, headerSize)
  if (looksLikeTar(given.first)) return given.all
  const plain = await peek(decompress(given.all, compressionLimits(limits)), headerSize)
  if (looksLikeTar(plain.first)) return plain.all
  throw new TsbuildError('TSB_ARCHIVE_HEADER', 'what is compressed is no tar')
}

const headerSize = 512

/** The bytes as they come, written to a file on the way. */
async function* keeping(bytes: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<Uint8Array, void, undefined> {
  await using handle = await open(file, 'wx', 0o600)
  for await (const chunk of bytes) {
    await handle.appendFile(chunk)
    yield chunk
  }
}

function takeNotes(watched: readonly TreePath[]) {
  const met = new Set<TreePath>()
  const repeated = new Set<TreePath>()
  let newest: number | undefined
  return {
    seen(entry: TarEntry) {
      if (entry.kind === 'file') newest = Math.max(newest ?? entry.mtime, entry.mtime)
      if (!watched.includes(entry.path)) return
      if (met.has(entry.path)) repeated.add(entry.path)
      met.add(entry.path)
    },
    taken: () => ({ repeated, ...(newest !== undefined && { newest }) }),
  }
}
