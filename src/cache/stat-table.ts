import { type Digest, hexOf, parseDigest, type TakeFingerprint } from '../digest/index.ts'

/** What the file system says of a file. Times in nanoseconds, size in bytes. */
export interface FileStat {
  readonly dev: bigint
  readonly ino: bigint
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
}

/** What is known of a file: its digest, and the day (since 1970) when that was last of use; day 0 is never kept. */
export interface KnownFile {
  readonly digest: Digest
  readonly day: number
}

/** Words of 64 bits in an entry: fingerprint of device and inode, device, inode, size, mtime, ctime, day, 4 of sha256. */
const entryWords = 11

/**
 * The stat index in memory: one entry for each inode, in one array that is also its form in a file, found by a hash table
 * over the fingerprints. Loading twenty thousand entries makes no object.
 */
export interface StatTable {
  /** Undefined when the file is not the one that is known. */
  find(stat: FileStat): KnownFile | undefined
  /** Replaces what was known of the inode. */
  put(stat: FileStat, known: KnownFile): void
  /** All entries, for a file. */
  words(): BigUint64Array
  entries(): Iterable<readonly [FileStat, KnownFile]>
}

/** @param loaded what `words` gave once; it is copied */
export function statTable(fingerprint: TakeFingerprint, loaded: BigUint64Array = new BigUint64Array()): StatTable {
  let count = Math.floor(loaded.length / entryWords)
  let words = new BigUint64Array((count + 512) * entryWords)
  words.set(loaded.subarray(0, count * entryWords))
  let slots = slotsFor(words, count)
  const key = new BigUint64Array(2)
  const keyBytes = new Uint8Array(key.buffer)

  /** Where the inode's entry is, or the slot where it would be noted. */
  const locate = (
    stat: FileStat,
  ): { readonly print: bigint; readonly slot: number; readonly at: number | undefined } => {
    key[0] = stat.dev
    key[1] = stat.ino
    const print = fingerprint(keyBytes)
    for (let slot = slotOf(print, slots); ; slot = (slot + 1) & (slots.length - 1)) {
      const entry = slots[slot] ?? 0
      if (entry === 0) return { print, slot, at: undefined }
      const at = (entry - 1) * entryWords
      if (words[at + 1] === stat.dev && words[at + 2] === stat.ino) return { print, slot, at }
    }
  }
  const grow = () => {
    const larger = new BigUint64Array(words.length * 2)
    larger.set(words)
    words = larger
    slots = slotsFor(words, count)
  }
  return {
    find(stat) {
      const { at } = locate(stat)
      return at !== undefined && isSame(words, at, stat) ? knownAt(words, at) : undefined
    },
    put(stat, known) {
      if ((count + 1) * entryWords > words.length) grow()
      const { print, slot, at } = locate(stat)
      if (at === undefined) slots[slot] = ++count
      writeEntry(words, at ?? (count - 1) * entryWords, print, stat, known)
    },
    words: () => words.slice(0, count * entryWords),
    *entries() {
      for (let at = 0; at < count * entryWords; at += entryWords) yield [statAt(words, at), knownAt(words, at)]
    },
  }
}

/** Entry numbers from 1 on by fingerprint, 0 for a free slot; at most half are taken. */
function slotsFor(words: BigUint64Array, count: number): Int32Array {
  const capacity = words.length / entryWords
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(capacity * 2)))
  const halves = new Uint32Array(words.buffer, words.byteOffset, words.length * 2)
  for (let entry = 0; entry < count; entry++) {
    let slot = (halves[entry * entryWords * 2] ?? 0) & (slots.length - 1)
    while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1)
    slots[slot] = entry + 1
  }
  return slots
}

/** The lower bits, as `slotsFor` reads them on a little-endian machine. */
function slotOf(print: bigint, slots: Int32Array): number {
  return Number(BigInt.asUintN(32, print)) & (slots.length - 1)
}

function isSame(words: BigUint64Array, at: number, stat: FileStat): boolean {
  return words[at + 3] === stat.size && words[at + 4] === stat.mtimeNs && words[at + 5] === stat.ctimeNs
}

function statAt(words: BigUint64Array, at: number): FileStat {
  const [dev = 0n, ino = 0n, size = 0n, mtimeNs = 0n, ctimeNs = 0n] = words.subarray(at + 1, at + 6)
  return { dev, ino, size, mtimeNs, ctimeNs }
}

function knownAt(words: BigUint64Array, at: number): KnownFile {
  const bytes = Buffer.from(words.buffer, words.byteOffset + (at + 7) * 8, 32)
  return { digest: parseDigest(`sha256:${bytes.toString('hex')}`), day: Number(words[at + 6]) }
}

function writeEntry(words: BigUint64Array, at: number, print: bigint, stat: FileStat, known: KnownFile): void {
  words.set([print, stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs, BigInt(known.day)], at)
  Buffer.from(words.buffer, words.byteOffset + (at + 7) * 8, 32).write(hexOf(known.digest), 'hex')
}
