import { join } from 'node:path'
import { type Digest, isDigest } from '../../digest/index.ts'
import { TsbuildError } from '../../errors.ts'
import type { Descriptor } from '../../image/index.ts'
import { checkVersion } from '../folders.ts'
import { openIndexFile } from '../index-file.ts'
import { openOrigins } from '../origins.ts'
import { damagedBlobs, readBlobs } from './blobs.ts'
import { type Finding, useless } from './finding.ts'
import { checkImages, type ImageLook, pathOf } from './images.ts'
import { findLeftovers, type Leftovers } from './leftovers.ts'
import { namesIn, type Reading, see } from './read.ts'

/** What was seen of images, blobs and what processes left. */
export interface StoreLook extends Omit<ImageLook, 'needed'>, Pick<Leftovers, 'dead'> {
  /** Those that have the bytes of their name, with their sizes. */
  readonly blobs: ReadonlyMap<Digest, number>
  readonly hasOrigin: (digest: Digest) => Promise<boolean>
}

/**
 * Reads all blobs of a store and holds its images against them. Nothing is changed, and others may work in the store: what
 * they removed meanwhile is no finding.
 * @param root the real path
 * @throws {TsbuildError} TSB_STORE_VERSION
 */
export async function lookThrough(root: string, reading: Reading): Promise<StoreLook> {
  checkVersion(root)
  const left = await findLeftovers(root)
  const index = openIndexFile(join(root, 'oci'), readsOnly)
  const origins = openOrigins(join(root, 'origins'), readsOnly)
  const hasOrigin = async (digest: Digest) => (await origins.find(digest)) !== undefined
  const before = await readEntries(index.read)
  const { blobs, findings } = await readBlobs(root, reading)
  const stillNamed = new Set((await readEntries(index.read)).entries.map((entry) => entry.digest))
  const entries = before.entries.filter((entry) => stillNamed.has(entry.digest))
  const { needed, ...images } = await checkImages(entries, { root, blobs, hasOrigin })
  const all = [...before.findings, ...images.findings, ...findings, ...damagedBlobs(blobs, needed, pathOf)]
  const whole = [...blobs].flatMap(([digest, { size, isWhole }]) => (isWhole ? [[digest, size] as const] : []))
  return {
    ...images,
    findings: [...all, ...(await badOrigins(root, hasOrigin, reading)), ...left.findings],
    dead: left.dead,
    blobs: new Map(whole),
    hasOrigin,
  }
}

async function readsOnly(): Promise<never> {
  throw new Error('a check writes nothing')
}

async function readEntries(
  read: () => Promise<readonly Descriptor[]>,
): Promise<{ readonly entries: readonly Descriptor[]; readonly findings: readonly Finding[] }> {
  try {
    return { entries: await read(), findings: [] }
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error
    const { message, hint = '' } = error
    return { entries: [], findings: [{ level: 'loss', kind: 'index-damaged', path: 'oci/index.json', message, hint }] }
  }
}

async function badOrigins(
  root: string,
  hasOrigin: StoreLook['hasOrigin'],
  reading: Reading,
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const name of await namesIn(join(root, 'origins'))) {
    const digest = `sha256:${name}`
    see(join(root, 'origins', name), reading)
    if (isDigest(digest) && (await hasOrigin(digest))) continue
    findings.push(useless('origin-damaged', `origins/${name}`, `origins/${name} does not say where a layer can be had`))
  }
  return findings
}
