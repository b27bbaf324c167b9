import type { FileHandle } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { type Digest, sha256Hasher } from '../../digest/index.ts'
import type { Change, FileEntry } from '../entry.ts'
import { type Filler, openFiller } from './fill.ts'
import type { FillThread, ThreadFiller } from './fill-thread.ts'
import { type CopyOf, type Slab, slabSize, slabsOf } from './slabs.ts'
import { fillSlab, slabError } from './write.ts'

/** A tar that was written. */
export interface WrittenTar {
  /** sha256 of all its bytes. */
  readonly diffId: Digest
  readonly size: number
  /** The regular files of the changes, in their order. */
  readonly files: readonly WrittenFile[]
}

/** sha256 of the bytes of a file, and where they begin in the tar. */
export interface WrittenFile {
  readonly digest: Digest
  readonly offset: number
}

export interface TarFileOptions {
  readonly signal?: AbortSignal
  /** Helps when there is much to read. */
  readonly thread?: FillThread
  /** Where the bytes of a file are once more: they are taken from there when they have the digest, else from the file. */
  readonly copyOf?: CopyOf
  /** Told of each file, in order, when it was read and hashed; others are read meanwhile. What it throws ends the writing. */
  readonly read?: (file: FileEntry, digest: Digest) => void
  /** Told of all bytes of the tar in order. Their memory is used again. */
  readonly pass?: (bytes: Uint8Array) => void
}

/**
 * Writes the tar of some changes, as `writeTar` gives it, to an empty file. Each file is read once: its digest and that of
 * the tar are taken on the way. Slabs are filled by a second thread and, when it has enough to do, by this one, which hashes
 * and writes them in order.
 * @throws {TsbuildError} TSB_WHITEOUT_RESERVED; TSB_FILE_CHANGED; TSB_FILE_UNREADABLE; the reason of the signal
 */
export async function writeTarFile(
  changes: readonly Change[],
  file: FileHandle,
  { signal, thread, copyOf, read = () => {}, pass }: TarFileOptions = {},
): Promise<WrittenTar> {
  const memory: readonly Uint8Array[] = Array.from(
    { length: slabCount },
    () => new Uint8Array(new SharedArrayBuffer(slabSize)),
  )
  const free = [...memory]
  const slabs = slabsOf(changes, () => taken(free), copyOf)
  const news = openAlarm()
  const fillers = openFillers(memory, thread && isMuch(changes) ? thread : undefined, news.ring)
  const output = openOutput(file, { read, pass }, (emptied) => {
    free.push(emptied)
    news.ring()
  })
  let isPlanned = false
  try {
    while (!isPlanned || fillers.isBusy || output.isBusy) {
      signal?.throwIfAborted()
      const filled = fillers.next()
      if (filled) output.add(filled)
      else if (!isPlanned && free.length > 0) {
        const { value: slab } = slabs.next()
        if (slab) await fillers.add(slab)
        else isPlanned = true
      } else await news.wait()
    }
    return await output.done()
  } finally {
    fillers.close()
  }
}

/** So many slabs are in memory at once: being filled, hashed, or written. */
const slabCount = 8

/** Slabs that wait for the thread before this one fills one itself: it must not run out of work meanwhile. */
const enoughWaiting = 2

function taken(free: Uint8Array[]): Uint8Array {
  const memory = free.pop()
  if (!memory) throw new Error('no slab is free')
  return memory
}

/** Whether a thread is worth its start. Opening a file costs as much as reading and hashing some 16 KiB. */
function isMuch(changes: readonly Change[]): boolean {
  let cost = 0
  for (const change of changes) if (change.kind === 'file') cost += change.size + 16 * 1024
  return cost > 24 * 1024 * 1024
}

interface FilledSlab {
  readonly slab: Slab
  readonly digests: ReturnType<Filler['fill']>
}

/**
 * Where slabs are filled, here and in the thread, to be taken in their order.
 * @param filled called when the thread has filled one, or has failed to
 */
function openFillers(memory: readonly Uint8Array[], thread: FillThread | undefined, filled: () => void) {
  const own = openFiller('sha256')
  const order: { readonly slab: Slab; digests?: ReturnType<Filler['fill']> }[] = []
  let other: ThreadFiller | undefined
  let failure: { readonly error: unknown } | undefined
  void thread?.start()
  /** The parts of a file go all to one filler: to the thread, when it can be had. */
  const fillerFor = async ({ hasParts }: Slab) => {
    if (hasParts && thread) await thread.start()
    if (!thread?.isReady) return undefined
    other ??= thread.open(memory)
    return hasParts || other.waiting < enoughWaiting ? other : undefined
  }
  return {
    get isBusy() {
      return order.length > 0
    },
    async add(slab: Slab) {
      const filler = await fillerFor(slab)
      const item: (typeof order)[number] = { slab }
      order.push(item)
      if (!filler) {
        item.digests = fillSlab(own, slab)
        await setImmediate()
        return
      }
      filler.fill(memory.indexOf(slab.memory), slab.reads).then(
        (digests) => {
          item.digests = digests
          filled()
        },
        (error: unknown) => {
          failure ??= { error: slabError(slab, error) }
          filled()
        },
      )
    },
    /** The next slab in order, when it is full. @throws {TsbuildError} when one could not be filled */
    next(): FilledSlab | undefined {
      if (failure) throw failure.error
      const [first] = order
      if (!first?.digests) return undefined
      order.shift()
      return { slab: first.slab, digests: first.digests }
    },
    close() {
      own.close()
      other?.close()
    },
  }
}

/** Hashes slabs and writes them, one after the other. @param emptied told of a memory that can be used again */
function openOutput(
  file: FileHandle,
  { read, pass }: { readonly read: NonNullable<TarFileOptions['read']>; readonly pass: TarFileOptions['pass'] },
  emptied: (memory: Uint8Array) => void,
) {
  const hasher = sha256Hasher()
  const files: WrittenFile[] = []
  let position = 0
  let writes = 0
  /** One at a time: several would wait for each other in the kernel, which lets one write to a file. */
  let written = Promise.resolve()
  let failure: { readonly error: unknown } | undefined
  const failed = (error: unknown) => {
    failure ??= { error }
  }
  const disk = openFlush(file, failed)
  return {
    get isBusy() {
      return writes > 0
    },
    add({ slab, digests }: FilledSlab) {
      if (failure) throw failure.error
      const bytes = slab.memory.subarray(0, slab.size)
      const at = position
      writes += 1
      written = written
        .then(() => writeAll(file, bytes, at))
        .then(() => disk.wrote(bytes.length))
        .catch(failed)
        .finally(() => {
          writes -= 1
          emptied(slab.memory)
        })
      hasher.update(bytes)
      pass?.(bytes)
      position += slab.size
      digests.forEach((digest, index) => {
        const place = slab.files[index]
        if (!digest || !place) return
        files.push({ digest, offset: place.offset })
        read(place.file, digest)
      })
    },
    async done(): Promise<WrittenTar> {
      await disk.end()
      if (failure) throw failure.error
      return { diffId: hasher.digest(), size: position, files }
    },
  }
}

/**
 * Has the system write to the disk what is in its memory, in the background: whoever syncs the file later waits less.
 * @param failed told what the system says, which it says once
 */
function openFlush(file: FileHandle, failed: (error: unknown) => void) {
  let unsynced = 0
  let flushing: Promise<void> | undefined
  const flush = async () => {
    unsynced = 0
    await file.datasync().catch(failed)
    flushing = undefined
  }
  return {
    wrote(bytes: number) {
      unsynced += bytes
      if (unsynced >= flushedAtOnce) flushing ??= flush()
    },
    end: async () => flushing,
  }
}

const flushedAtOnce = 32 * slabSize

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten
  }
}

/** Lets somebody wait until something happened. */
function openAlarm() {
  let wake = () => {}
  return {
    ring: () => wake(),
    wait: () =>
      new Promise<void>((resolve) => {
        wake = resolve
      }),
  }
}
