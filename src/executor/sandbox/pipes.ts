import { closeSync, fchownSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { makePipe, type Pipe } from '../../syscalls/index.ts'
import type { SandboxOutput } from './sandbox.ts'

/** Real pipes for a command's output: Node gives its children sockets, which cannot be opened as `/dev/stdout`. */
export interface OutputPipes {
  /** Handles for the child: stdout and stderr. */
  readonly writers: readonly [stdout: number, stderr: number]
  /** Lets somebody open the pipes again by name. */
  giveTo(owner: { readonly uid: number; readonly gid: number }): void
  /** To be called once, when the child has the writers: ends when all that came was passed on. */
  drain(output: SandboxOutput): Promise<void>
  /** Instead of `drain`, when there is no child. */
  close(): void
}

export function openPipes(): OutputPipes {
  const [stdout, stderr] = [makePipe(), makePipe()]
  return {
    writers: [stdout.writer, stderr.writer],
    giveTo({ uid, gid }) {
      for (const { writer } of [stdout, stderr]) fchownSync(writer, uid, gid)
    },
    async drain(output) {
      await Promise.all([
        drainPipe(stdout, (bytes) => output('stdout', bytes)),
        drainPipe(stderr, (bytes) => output('stderr', bytes)),
      ])
    },
    close() {
      for (const { reader, writer } of [stdout, stderr]) {
        closeSync(reader)
        closeSync(writer)
      }
    },
  }
}

/** Once our own writer is closed, the end of the file is the end of the child's output. */
function drainPipe({ reader, writer }: Pipe, pass: (bytes: Uint8Array) => void): Promise<void> {
  const stream = readerOf(reader)
  stream.on('data', pass)
  closeSync(writer)
  return endOf(stream)
}

/** What comes out of the reading end of a pipe. */
export function readerOf(reader: number): Readable {
  return new Socket({ fd: reader, readable: true, writable: false })
}

/** Resolves when all was read and the handle is closed. */
export function endOf(stream: Readable): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  stream.once('error', reject)
  stream.once('close', () => resolve())
  return promise
}
