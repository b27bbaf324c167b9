import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** Lines that wait, all of them: in memory while they are few, then in a file without a name. */
export interface Spool {
  add(line: string): void
  /** All lines since the last time, in order, in pieces. To be read to the end before anything is added. */
  drain(): Iterable<readonly string[]>
}

/** Characters that wait in memory. */
const mostInMemory = 1 << 20
/** Bytes read at once. */
const pieceSize = 1 << 16

export function spool(most = mostInMemory): Spool {
  let lines: string[] = []
  let size = 0
  let file: SpoolFile | undefined
  return {
    add(line) {
      lines.push(line)
      size += line.length
      if (size <= most) return
      file ??= openFile()
      // Where there is no room for a file, memory has to do.
      if (file?.write(lines.map((text) => `${text}\n`).join(''))) lines = []
      size = 0
    },
    *drain() {
      const rest = lines
      const before = file
      ;[lines, size, file] = [[], 0, undefined]
      if (before) yield* before.read()
      yield rest
    },
  }
}

interface SpoolFile {
  /** False when there was no room. */
  write(text: string): boolean
  /** The lines; the file is gone afterwards. */
  read(): Iterable<readonly string[]>
}

function openFile(): SpoolFile | undefined {
  try {
    const folder = mkdtempSync(path.join(tmpdir(), 'tsbuild-log-'))
    const file = openSync(path.join(folder, 'lines'), 'wx+', 0o600)
    rmSync(folder, { recursive: true })
    return spoolFile(file)
  } catch {
    return undefined
  }
}

function spoolFile(file: number): SpoolFile {
  let end = 0
  return {
    write(text) {
      const bytes = Buffer.from(text)
      let done = 0
      try {
        while (done < bytes.length) done += writeSync(file, bytes, done, bytes.length - done, end + done)
      } catch {
        return false
      }
      end += done
      return true
    },
    *read() {
      try {
        yield* linesOf(file, end)
      } finally {
        closeSync(file)
      }
    },
  }
}

function* linesOf(file: number, end: number): Iterable<readonly string[]> {
  const decoder = new TextDecoder()
  const piece = Buffer.alloc(pieceSize)
  let partial = ''
  for (let at = 0; at < end; ) {
    const read = readSync(file, piece, 0, Math.min(pieceSize, end - at), at)
    if (read === 0) break
    at += read
    const lines = (partial + decoder.decode(piece.subarray(0, read), { stream: true })).split('\n')
    partial = lines.pop() ?? ''
    yield lines
  }
}
