import { join } from 'node:path'
import { type Digest, isDigest, unseal } from '../../digest/index.ts'
import { type Finding, namesIn, type Reading, textOfFile, useless } from '../../store/index.ts'
import type { LayerRecord } from '../cache.ts'
import { isCacheKey } from '../key.ts'
import { parseFiles, parseRecord } from '../record-file.ts'

/** The records that can be read. */
export interface RecordsLook {
  readonly findings: readonly Finding[]
  readonly layers: readonly LayerRecord[]
}

/** A file `ab/cdef…` of a folder that is kept by digests. */
export interface ShelvedFile {
  readonly digest: Digest
  /** Below the root of the store. */
  readonly path: string
}

/**
 * Records whose layer can be had in no form are no findings: such a step runs again.
 * @returns the layers that records name, too
 */
export async function checkRecords(root: string, reading: Reading): Promise<RecordsLook> {
  const findings: Finding[] = []
  const layers: LayerRecord[] = []
  for await (const { digest, path } of filesOnShelf(root, 'cache/records', findings)) {
    const text = (await textOfFile(join(root, path), reading)) ?? ''
    const record = isCacheKey(digest) ? parseRecord(text, digest) : undefined
    if (record) layers.push(record.layer)
    else findings.push(useless('record-damaged', path, `${path} is no record of a step`))
  }
  return { findings, layers }
}

const isSealed = (text: string) => unseal(text) !== undefined
const hasKeys = (text: string) => text.split('\n').every((line) => line === '' || isDigest(line))

/** What a file of each shelf has to be. */
const shelves: Readonly<Record<string, (text: string) => boolean>> = {
  'cache/aliases': hasKeys,
  'cache/steps': hasKeys,
  'cache/contents': hasKeys,
  'cache/files': (text) => parseFiles(text) !== undefined,
  'cache/surveys': isSealed,
  'cache/plans': isSealed,
  'cache/packs': isSealed,
  'cache/intact': isSealed,
}

export async function checkShelves(root: string, reading: Reading): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const [folder, isRight] of Object.entries(shelves)) {
    for await (const { path } of filesOnShelf(root, folder, findings)) {
      const text = await textOfFile(join(root, path), reading)
      if (text === undefined || !isRight(text)) findings.push(useless('cache-damaged', path, `${path} is damaged`))
    }
  }
  return findings
}

/** @param findings gets what is there under names that nothing has */
export async function* filesOnShelf(root: string, folder: string, findings: Finding[]): AsyncIterable<ShelvedFile> {
  for (const start of await namesIn(join(root, folder))) {
    for (const rest of await namesIn(join(root, folder, start))) {
      const [digest, path] = [`sha256:${start}${rest}`, `${folder}/${start}/${rest}`]
      if (isDigest(digest)) yield { digest, path }
      else findings.push(useless('cache-stranger', path, `nothing of tsbuild has the name ${path}`))
    }
  }
}
