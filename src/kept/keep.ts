import { randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { rename, rm, statfs } from 'node:fs/promises'
import path from 'node:path'
import type { Cache } from '../cache/index.ts'
import { TsbuildError } from '../errors.ts'
import type { LeftFiles } from '../executor/index.ts'
import { makeFolder } from '../make-folder.ts'
import { removeTree, type Store } from '../store/index.ts'
import { lockFile } from '../syscalls/index.ts'
import { placeOf } from './find.ts'
import { formatKept, type KeptRun, keptFolder, mostBytes, recordName } from './kept-run.ts'
import { boundKept, bytesBelow } from './sweep.ts'

/** What is kept, and nobody removes before `release`. */
export interface HeldRun {
  readonly run: KeptRun
  /** What of its kind went for it: there were too many, or they were too much. */
  readonly removed: readonly KeptRun[]
  release(): void
}

/**
 * Keeps what a command left, for an hour. Where that is too much, the oldest of its kind goes.
 * @param take puts the files into an empty directory
 * @throws {TsbuildError} TSB_KEPT_TOO_LARGE when it alone is too much, or the disk is nearly full
 */
export async function keepRun(
  what: Omit<KeptRun, 'id' | 'files'> & { readonly id?: string },
  take: (folder: string) => Promise<LeftFiles>,
  store: Store,
  cache: Cache,
): Promise<HeldRun> {
  const draft = path.join(await store.temporary('keep'), 'run')
  mkdirSync(draft, { mode: 0o700 })
  const left = await take(draft)
  const most = Math.min(mostBytes, await roomBeside(store.root))
  if (bytesBelow(draft, most) > most) {
    await removeTree(draft)
    throw tooLarge(most)
  }
  const files: KeptRun['files'] =
    left.kind === 'upper' ? left : { kind: 'layer', layer: await cache.layers.recordOf(left.layer) }
  const run: KeptRun = { id: randomBytes(6).toString('hex'), ...what, files }
  const release = lockRecord(path.join(draft, recordName), formatKept(run))
  try {
    makeFolder(path.join(store.root, keptFolder), 0o700)
    await rename(draft, placeOf(store.root, run.id))
    await rm(path.dirname(draft), { recursive: true, force: true })
    return { run, removed: await boundKept(store, run.kind), release }
  } catch (error) {
    release()
    throw error
  }
}

/** Writes a record that is in use from the first moment on that others see it. */
function lockRecord(file: string, text: string): () => void {
  writeFileSync(file, text, { mode: 0o600 })
  const fd = openSync(file, 'r')
  lockFile(fd, 'shared', true)
  return () => closeSync(fd)
}

/** Bytes that a disk has left, of which what is kept takes no more: the next build needs some. A disk without inodes has none. */
async function roomBeside(folder: string): Promise<number> {
  const { bavail, bsize, files, ffree } = await statfs(folder)
  return files > 0 && ffree < 100 ? 0 : bavail * bsize
}

function tooLarge(most: number): TsbuildError {
  const what =
    most < mostBytes ? 'the command left more than the disk has room for beside it' : 'the command left more than 4 GiB'
  return new TsbuildError('TSB_KEPT_TOO_LARGE', `${what}, which is not kept`, {
    hint: 'write less, or into what is mounted',
  })
}
