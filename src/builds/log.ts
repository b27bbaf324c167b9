import { closeSync, constants, openSync, writeSync } from 'node:fs'

/** The output of one step as it grows. */
export interface LogWriter {
  readonly bytes: number
  readonly lines: number
  write(bytes: Uint8Array): void
  close(): void
}

const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW

/** Written at once, so that a build that is killed leaves what was printed. @throws the error of the system */
export function openLog(path: string): LogWriter {
  const file = openSync(path, flags, 0o600)
  let [bytes, lines, last] = [0, 0, newline]
  return {
    get bytes() {
      return bytes
    },
    get lines() {
      return lines + (last === newline ? 0 : 1)
    },
    write(chunk) {
      for (let at = 0; at < chunk.length; ) at += writeSync(file, chunk, at)
      bytes += chunk.length
      lines += linesIn(chunk)
      last = chunk.at(-1) ?? last
    },
    close: () => closeSync(file),
  }
}

const newline = 10

function linesIn(chunk: Uint8Array): number {
  let count = 0
  for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, at + 1)) count++
  return count
}
