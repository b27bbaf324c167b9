import { execFile } from 'node:child_process'
import { closeSync, constants, fchownSync, openSync } from 'node:fs'
import { unlink } from 'node:fs/promises'
import { Socket } from 'node:net'
import path from 'node:path'
import { promisify } from 'node:util'
import type { SandboxOutput } from './sandbox.ts'
import type { Tools } from './tools.ts'

/** Real pipes for a command's output: Node gives its children sockets, which cannot be opened as `/dev/stdout`. */
export interface OutputPipes {
  /** Handles for the child: stdout and stderr. */
  readonly writers: readonly [stdout: number, stderr: number]
  /** To be called once, when the child has the writers: ends when all that came was passed on. */
  drain(output: SandboxOutput): Promise<void>
  /** Instead of `drain`, when there is no child. */
  close(): void
}

/** @param owner who may open the pipes again by name */
export async function openPipes(
  tools: Tools,
  folder: string,
  owner: { readonly uid: number; readonly gid: number },
): Promise<OutputPipes> {
  const files = [path.join(folder, 'stdout'), path.join(folder, 'stderr')] as const
  await promisify(execFile)(tools.need('mkfifo'), ['--mode=600', '--', ...files], { env: { ...tools.env } })
  const [stdout, stderr] = [openPipe(files[0], owner), openPipe(files[1], owner)]
  await Promise.all(files.map((file) => unlink(file)))
  return {
    writers: [stdout.writer, stderr.writer],
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

interface Pipe {
  readonly reader: number
  readonly writer: number
}

function openPipe(file: string, { uid, gid }: { readonly uid: number; readonly gid: number }): Pipe {
  const reader = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  const writer = openSync(file, constants.O_WRONLY)
  fchownSync(writer, uid, gid)
  return { reader, writer }
}

/** Once our own writer is closed, the end of the file is the end of the child's output. */
async function drainPipe({ reader, writer }: Pipe, pass: (bytes: Uint8Array) => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const stream = new Socket({ fd: reader, readable: true, writable: false })
  stream.on('data', pass)
  stream.once('error', reject)
  stream.once('close', () => resolve())
  closeSync(writer)
  await promise
}
