import { createReadStream } from 'node:fs'
import { type ArchiveLimits, readTar, type TreePath, treePath } from '../tree/index.ts'
import { onlyTar, readingArchive } from './damaged.ts'
import { type Files, noSuchFile, readAtMost } from './files.ts'

/** Where the bytes of a member are in the archive; a link stands for the member it names. */
type Member = { readonly offset: number; readonly size: number } | { readonly link: TreePath }

/**
 * The files of an uncompressed tar. It is read through once, to find where each begins.
 * @param path of the tar
 * @param name of it, for people
 * @throws {TsbuildError} TSB_ARCHIVE_… for a damaged or hostile archive
 */
export async function tarFiles(path: string, name: string, limits?: ArchiveLimits): Promise<Files> {
  const members = await readingArchive(name, () => membersOf(path, limits))
  async function* stream(wanted: string): AsyncIterable<Uint8Array> {
    const found = lookUp(members, treePath(wanted))
    if (!found) throw noSuchFile(name, wanted)
    if (found.size > 0) yield* createReadStream(path, { start: found.offset, end: found.offset + found.size - 1 })
  }
  return {
    name,
    has: async (wanted) => lookUp(members, treePath(wanted)) !== undefined,
    read: (wanted, limit) => readAtMost(stream(wanted), limit, `${wanted} of ${name}`),
    stream,
  }
}

const wanted = 'an image archive is a tar, compressed or not, as skopeo, docker save and tsbuild save write it'

async function membersOf(path: string, limits?: ArchiveLimits): Promise<ReadonlyMap<TreePath, Member>> {
  const members = new Map<TreePath, Member>()
  const bytes = createReadStream(path, { highWaterMark: 1 << 20 })
  for await (const { entry, offset } of readTar(onlyTar(bytes, wanted), 'context', limits)) {
    if (entry.kind === 'file' && offset !== undefined) members.set(entry.path, { offset, size: entry.size })
    else if (entry.kind === 'hardlink') members.set(entry.path, { link: entry.target })
    else if (entry.kind === 'symlink') members.set(entry.path, { link: treePath(`${entry.path}/../${entry.target}`) })
  }
  return members
}

/** Old Docker archives name a layer that occurs twice by a link: one step is all they take. */
function lookUp(members: ReadonlyMap<TreePath, Member>, path: TreePath) {
  const member = members.get(path)
  const target = member && 'link' in member ? members.get(member.link) : member
  return target && 'offset' in target ? target : undefined
}
