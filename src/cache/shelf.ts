import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Digest, hexOf, isDigest } from '../digest/index.ts'
import { isSystemError } from '../errors.ts'
import { makeFolder } from '../make-folder.ts'
import { noteUse, writeAtomically, writing } from '../store/index.ts'

/** Small texts by digest, each a file `ab/cdef…` of a folder. Any of them, and the folder, may go at any time. */
export interface Shelf {
  get(digest: Digest): Promise<string | undefined>
  /** Replaces what was there. @throws {TsbuildError} TSB_DISK_FULL, TSB_STORE_READ_ONLY */
  put(digest: Digest, text: string): Promise<void>
  /** Notes that a text is used. @param now milliseconds since 1970 @returns false when it is gone */
  use(digest: Digest, now: number): boolean
  /** All that have a text, in no order. */
  digests(): AsyncIterable<Digest>
}

/** @param aside gives a directory for files that are not whole yet */
export function openShelf(folder: string, aside: () => Promise<string>): Shelf {
  const path = (digest: Digest) => join(folder, hexOf(digest).slice(0, 2), hexOf(digest).slice(2))
  return {
    get: (digest) => textOf(path(digest)),
    async put(digest, text) {
      await writing(path(digest), text.length, async () => makeFolder(dirname(path(digest)), 0o700))
      await writeAtomically(path(digest), text, await aside())
    },
    use: (digest, now) => noteUse(path(digest), now),
    digests: () => digestsBelow(folder),
  }
}

async function textOf(path: string): Promise<string | undefined> {
  // A small file is read sooner than a thread is asked to read it.
  return orUndefined(async () => readFileSync(path, 'utf8'))
}

async function* digestsBelow(folder: string): AsyncIterable<Digest> {
  for (const start of (await orUndefined(() => readdir(folder))) ?? []) {
    for (const rest of (await orUndefined(() => readdir(join(folder, start)))) ?? []) {
      const digest = `sha256:${start}${rest}`
      if (isDigest(digest)) yield digest
    }
  }
}

async function orUndefined<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return undefined
    throw error
  }
}
