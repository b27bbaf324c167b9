import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Digest, hexOf } from '../digest/index.ts'
import { isSystemError } from '../errors.ts'
import { writeAtomically } from './atomic.ts'
import type { BlobOrigin } from './store.ts'

/** Where blobs can be had. Not part of the cache: an image may have layers that nobody has read yet. */
export interface Origins {
  remember(digest: Digest, origin: BlobOrigin): Promise<void>
  find(digest: Digest): Promise<BlobOrigin | undefined>
}

/** A small file for each blob; the last place that was named counts. */
export function openOrigins(folder: string, aside: () => Promise<string>): Origins {
  const path = (digest: Digest) => join(folder, hexOf(digest))
  const find = async (digest: Digest) => readOrigin(path(digest))
  return {
    find,
    async remember(digest, origin) {
      if ((await find(digest))?.location === origin.location) return
      await writeAtomically(path(digest), JSON.stringify({ location: origin.location }), await aside())
    },
  }
}

async function readOrigin(path: string): Promise<BlobOrigin | undefined> {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return isOrigin(value) ? { location: value.location } : undefined
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || error instanceof SyntaxError) return undefined
    throw error
  }
}

function isOrigin(value: unknown): value is BlobOrigin {
  return typeof value === 'object' && value !== null && 'location' in value && typeof value.location === 'string'
}
