import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { isSystemError } from '../errors.ts'
import { buildNumbers, logFile, recordFile } from './files.ts'
import type { BuildRecord } from './record.ts'

/** Bytes of a record that is still read. */
const largestRecord = 64 << 20

/** All records of a store, newest first. What is damaged, or not over yet, is passed over. */
export async function listBuilds(root: string): Promise<readonly BuildRecord[]> {
  const records = await Promise.all(buildNumbers(root).map((number) => readBuild(root, number)))
  return records.filter((record) => record !== undefined)
}

export async function readBuild(root: string, number: number): Promise<BuildRecord | undefined> {
  const file = recordFile(root, number)
  try {
    if ((await stat(file)).size > largestRecord) return undefined
    const { readRecord } = await import('./schema.ts')
    const record = readRecord(await readFile(file, 'utf8'))
    return record?.number === number ? record : undefined
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}

/** What a step printed; nothing when it printed nothing, or somebody removed it. */
export async function* readLog(root: string, number: number, step: number): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(logFile(root, number, step)) as AsyncIterable<Uint8Array>
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error
  }
}
