import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Digest } from '../../digest/index.ts'
import type { FileRead } from './fill.ts'
import { type FillReply, type FillRequest, packReads, readFailure } from './fill-protocol.ts'

/** A second thread that reads and hashes files, for all tars that are written at once. */
export interface FillThread {
  /** Starts it, if nobody did. False when it cannot be had. */
  start(): Promise<boolean>
  /** True from the moment on when `start` has said so. */
  readonly isReady: boolean
  open(memory: readonly Uint8Array[]): ThreadFiller
  /** Ends it. */
  close(): Promise<void>
}

/** A `Filler` in the thread. It fills slabs in the order in which it is asked. */
export interface ThreadFiller {
  /** Slabs it was asked for and has not filled yet, of all tars. */
  readonly waiting: number
  /** @param slab which of the memories; nobody may touch it until the answer is there. @throws {ReadFailure} */
  fill(slab: number, reads: readonly FileRead[]): Promise<readonly (Digest | undefined)[]>
  close(): void
}

interface Waiting {
  readonly resolve: (digests: readonly (Digest | undefined)[]) => void
  readonly reject: (error: unknown) => void
}

/** Nothing is started before it is wanted: a thread costs some twenty milliseconds of a core, and memory. */
export function openFillThread(): FillThread {
  const waiting: Waiting[] = []
  let worker: Worker | undefined
  let starting: Promise<boolean> | undefined
  let isReady = false
  let tars = 0
  const send = (request: FillRequest) => worker?.postMessage(request)
  const answer = (message: FillReply) => {
    if (message.kind === 'ready') return
    const asked = waiting.shift()
    if (waiting.length === 0) worker?.unref()
    if (message.kind === 'filled') asked?.resolve(message.digests)
    else asked?.reject(readFailure(message.failure))
  }
  const fail = (error: unknown) => {
    isReady = false
    for (const asked of waiting.splice(0)) asked.reject(error)
  }
  const begin = async () => {
    worker = new Worker(workerFile(import.meta.url))
    worker.on('error', fail)
    worker.on('exit', () => fail(new Error('the thread that reads files has ended')))
    const ready = await once(worker, 'message').then(
      () => true,
      () => false,
    )
    worker.on('message', answer)
    worker.unref()
    isReady = ready
    return ready
  }
  return {
    get isReady() {
      return isReady
    },
    start() {
      // Where there can be no thread the work is done without.
      starting ??= begin().catch(() => false)
      return starting
    },
    open(memory) {
      const tar = tars++
      send({ kind: 'open', tar, memory })
      return {
        get waiting() {
          return waiting.length
        },
        fill(slab, reads) {
          send({ kind: 'fill', tar, slab, reads: packReads(reads) })
          worker?.ref()
          return new Promise((resolve, reject) => void waiting.push({ resolve, reject }))
        },
        close: () => send({ kind: 'close', tar }),
      }
    },
    async close() {
      await starting
      // An answer that comes yet would let go of the thread: nothing may then keep this process until it has ended.
      worker?.off('message', answer)
      await worker?.terminate()
    },
  }
}

/** Beside this file in the sources; in the bundle, whose parts know their paths, at its top. */
function workerFile(here: string): URL | string {
  return here.endsWith('.ts') ? new URL('fill-worker.ts', here) : here.replace(/(?:chunks\/)?[^/]*$/, 'fill-worker.cjs')
}
