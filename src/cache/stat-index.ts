import { readFile } from 'node:fs/promises'
import { openFingerprint, type TakeFingerprint } from '../digest/index.ts'
import { isSystemError, TsbuildError } from '../errors.ts'
import { writeAtomically } from '../store/index.ts'
import { type StatTable, statTable, usedSince } from './stat-table.ts'

/** The stat index of the machine, with what this process adds. */
export interface StatIndex {
  readonly find: StatTable['find']
  readonly put: StatTable['put']
  /** Adds what is new to the file, if there is anything. */
  save(): Promise<void>
}

/** First 8 bytes of the file, as a number: another form, or another byte order, is another number. */
const magic = 0x31_78_64_6e_69_62_73_74n

/** Entries that were of no use for so many days are dropped when the file is written. */
const keptDays = 60

/**
 * Opens the stat index in a file: magic, fingerprint of the rest, entries. What is not such a file counts as empty. Two
 * processes that save at once may lose the entries of one: then those files are read once more.
 */
export async function openStatIndex(path: string, today: number, aside: () => Promise<string>): Promise<StatIndex> {
  const fingerprint = await openFingerprint()
  const table = statTable(fingerprint, await load(path, fingerprint))
  return {
    put: table.put,
    find(stat) {
      const known = table.find(stat)
      if (known && known.day > 0 && known.day < today - keptDays / 4) table.put(stat, { ...known, day: today })
      return known
    },
    async save() {
      const kept = today - keptDays
      const fresh = usedSince(table.fresh(), kept)
      if (fresh.length === 0) return
      const merged = statTable(fingerprint, usedSince(await load(path, fingerprint), kept))
      merged.add(fresh)
      const write = async () => writeAtomically(path, fileOf(merged.words(), fingerprint), await aside())
      await savedIfPossible(write())
    },
  }
}

/** True for a file that `openStatIndex` believes. */
export async function isWholeStatIndex(path: string, fingerprint: TakeFingerprint): Promise<boolean> {
  return (await readWords(path, fingerprint)) !== undefined
}

async function load(path: string, fingerprint: TakeFingerprint): Promise<BigUint64Array> {
  return (await readWords(path, fingerprint)) ?? new BigUint64Array()
}

async function readWords(path: string, fingerprint: TakeFingerprint): Promise<BigUint64Array | undefined> {
  const bytes = await bytesOf(path)
  const words = new BigUint64Array(Math.floor(bytes.length / 8))
  const wordBytes = new Uint8Array(words.buffer)
  wordBytes.set(bytes.subarray(0, wordBytes.length))
  const isWhole = words[0] === magic && words[1] === fingerprint(wordBytes.subarray(16))
  return isWhole ? words.subarray(2) : undefined
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EISDIR')) return new Uint8Array()
    throw error
  }
}

function fileOf(words: BigUint64Array, fingerprint: TakeFingerprint): Uint8Array {
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
  const head = new BigUint64Array([magic, fingerprint(bytes)])
  return Buffer.concat([new Uint8Array(head.buffer), bytes])
}

/** A full or read-only store must not fail a build that needs nothing else from it. */
export async function savedIfPossible(saving: Promise<void>): Promise<void> {
  try {
    await saving
  } catch (error) {
    if (error instanceof TsbuildError && ['TSB_DISK_FULL', 'TSB_STORE_READ_ONLY'].includes(error.code)) return
    throw error
  }
}
