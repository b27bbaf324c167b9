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
  /** Entries of another table, as its `words` gives them, in place of what was known of those inodes. */
  add(words: BigUint64Array): void
  /** All entries, for a file. */
  words(): BigUint64Array
  /** The entries that were put. */
  fresh(): BigUint64Array
}

/** @param loaded what `words` gave once; it is copied */
export function statTable(fingerprint: TakeFingerprint, loaded: BigUint64Array = new BigUint64Array()): StatTable {
  let count = Math.floor(loaded.length / entryWords)
  let memory = grown(loaded.subarray(0, count * entryWords), count + 512)
  let slots = slotsFor(memory.words, count)
  /** By entry: 1 when it was put. */
  let isFresh = new Uint8Array(memory.words.length / entryWords)
  const key = new BigUint64Array(2)
  const keyBytes = new Uint8Array(key.buffer)

  const printOf = (stat: FileStat) => {
    key[0] = stat.dev
    key[1] = stat.ino
    return fingerprint(keyBytes)
  }
  /** The slot of the inode's entry, or the free one where it would be noted. */
  const slotFor = (dev: bigint, ino: bigint, print: bigint) => {
    const { words } = memory
    let slot = firstSlot(print, slots)
    for (let entry = slots[slot]; entry; entry = slots[slot]) {
      const at = (entry - 1) * entryWords
      if (words[at + 2] === ino && words[at + 1] === dev) return slot
      slot = (slot + 1) & (slots.length - 1)
    }
    return slot
  }
  /** Where the words of the inode's entry begin, which may be a new one. */
  const placeFor = (dev: bigint, ino: bigint, print: bigint) => {
    if ((count + 1) * entryWords > memory.words.length) {
      memory = grown(memory.words, count * 2)
      slots = slotsFor(memory.words, count)
      const before = isFresh
      isFresh = new Uint8Array(memory.words.length / entryWords)
      isFresh.set(before)
    }
    const slot = slotFor(dev, ino, print)
    const entry = slots[slot] || ++count
    slots[slot] = entry
    return (entry - 1) * entryWords
  }
  return {
    find(stat) {
      const entry = slots[slotFor(stat.dev, stat.ino, printOf(stat))]
      const at = entry ? (entry - 1) * entryWords : -1
      return at >= 0 && isSame(memory.words, at, stat) ? knownAt(memory, at) : undefined
    },
    put(stat, known) {
      const print = printOf(stat)
      const at = placeFor(stat.dev, stat.ino, print)
      isFresh[at / entryWords] = 1
      writeEntry(memory, at, print, stat, known)
    },
    add(words) {
      for (let from = 0; from < words.length; from += entryWords) {
        const at = placeFor(words[from + 1] ?? 0n, words[from + 2] ?? 0n, words[from] ?? 0n)
        memory.words.set(words.subarray(from, from + entryWords), at)
      }
    },
    words: () => memory.words.slice(0, count * entryWords),
    fresh: () => chosen(memory.words.subarray(0, count * entryWords), (at) => isFresh[at / entryWords] === 1),
  }
}

/** The entries that were of use on this day or later, as `StatTable.words` gives them. */
export function usedSince(words: BigUint64Array, day: number): BigUint64Array {
  return chosen(words, (at) => Number(words[at + 6]) >= day)
}

/** @param isChosen asked where each entry begins */
function chosen(words: BigUint64Array, isChosen: (at: number) => boolean): BigUint64Array {
  const found = new BigUint64Array(words.length)
  let length = 0
  for (let at = 0; at < words.length; at += entryWords) {
    if (!isChosen(at)) continue
    found.set(words.subarray(at, at + entryWords), length)
    length += entryWords
  }
  return found.subarray(0, length)
}

/** The entries, and the same as bytes. */
interface Memory {
  readonly words: BigUint64Array
  readonly bytes: Buffer
}

function grown(words: BigUint64Array, capacity: number): Memory {
  const larger = new BigUint64Array(capacity * entryWords)
  larger.set(words)
  return { words: larger, bytes: Buffer.from(larger.buffer) }
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
function firstSlot(print: bigint, slots: Int32Array): number {
  return Number(BigInt.asUintN(32, print)) & (slots.length - 1)
}

function isSame(words: BigUint64Array, at: number, stat: FileStat): boolean {
  return words[at + 3] === stat.size && words[at + 4] === stat.mtimeNs && words[at + 5] === stat.ctimeNs
}

function knownAt({ words, bytes }: Memory, at: number): KnownFile {
  const begin = (at + 7) * 8
  return { digest: parseDigest(`sha256:${bytes.toString('hex', begin, begin + 32)}`), day: Number(words[at + 6]) }
}

function writeEntry({ words, bytes }: Memory, at: number, print: bigint, stat: FileStat, known: KnownFile): void {
  words[at] = print
  words[at + 1] = stat.dev
  words[at + 2] = stat.ino
  words[at + 3] = stat.size
  words[at + 4] = stat.mtimeNs
  words[at + 5] = stat.ctimeNs
  words[at + 6] = BigInt(known.day)
  bytes.write(hexOf(known.digest), (at + 7) * 8, 'hex')
}
