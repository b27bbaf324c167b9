import { join } from 'node:path'
import { type Digest, isDigest } from '../../digest/index.ts'
import { damagedSuffix } from '../set-aside.ts'
import { type Finding, useless } from './finding.ts'
import { digestOfFile, namesIn, type Reading, see, statOf } from './read.ts'

/** Where the blobs are, below the root of a store. */
export const blobFolder = 'oci/blobs/sha256'

/** A file under the name of a digest. */
export interface FoundBlob {
  /** Bytes. */
  readonly size: number
  /** True when its bytes are those of its name. */
  readonly isWhole: boolean
}

/** Reads all blobs. What is there under other names is a finding; what is damaged is for others to judge. */
export async function readBlobs(
  root: string,
  reading: Reading,
): Promise<{ readonly blobs: ReadonlyMap<Digest, FoundBlob>; readonly findings: readonly Finding[] }> {
  const blobs = new Map<Digest, FoundBlob>()
  const findings: Finding[] = []
  for (const name of await namesIn(join(root, blobFolder))) {
    const [digest, path] = [`sha256:${name}`, `${blobFolder}/${name}`]
    if (!isDigest(digest)) findings.push(stranger(path))
    else {
      see(join(root, path), reading)
      const found = await statOf(join(root, path))
      const bytes = found?.isFile() ? await digestOfFile(join(root, path), reading) : undefined
      if (found) blobs.set(digest, { size: found.size, isWhole: bytes === digest })
    }
  }
  return { blobs, findings }
}

function stranger(path: string): Finding {
  const [level, kind] = ['waste', 'blob-stranger'] as const
  if (path.endsWith(damagedSuffix)) {
    const message = `${path} is what an earlier repair put aside: a damaged part of an image`
    return { level, kind, path, message, hint: 'nothing needs it', mend: { kind: 'remove', path } }
  }
  return { level, kind, path, message: `${path} is no blob`, hint: 'some other program put it there' }
}

/** What is damaged and part of no image. */
export function damagedBlobs(
  blobs: ReadonlyMap<Digest, FoundBlob>,
  needed: ReadonlySet<Digest>,
  pathOf: (digest: Digest) => string,
): readonly Finding[] {
  return [...blobs]
    .filter(([digest, { isWhole }]) => !isWhole && !needed.has(digest))
    .map(([digest]) =>
      useless('blob-damaged', pathOf(digest), `blob ${digest} has other bytes than its name says; no image needs it`),
    )
}
