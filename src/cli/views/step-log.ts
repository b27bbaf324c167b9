import { type LineReader, lineReader } from '../text/lines.ts'

/** A line that a step printed. */
export interface LogLine {
  /** Seconds since the step began, as progress prints them: `0.412`. */
  readonly time: string
  /** Without its line end; not cleaned. */
  readonly text: string
}

/** The output of one step as lines. */
export interface StepLog {
  /** The last lines, oldest first. */
  readonly recent: readonly LogLine[]
  /** Bytes so far. */
  readonly size: number
  push(stream: 'stdout' | 'stderr', bytes: Uint8Array, at: number): void
  /** Text whose line has not ended becomes a line, when none has been added to it since `before`. */
  flush(before: number): void
}

/** @param onLine gets every line */
export function stepLog(startedAt: number, keep: number, onLine: (line: LogLine) => void): StepLog {
  const readers: { readonly [S in 'stdout' | 'stderr']: LineReader } = { stdout: lineReader(), stderr: lineReader() }
  const recent: LogLine[] = []
  let [size, lastAt] = [0, startedAt]

  const add = (text: string) => {
    const line = { time: logTime(lastAt - startedAt), text }
    recent.push(line)
    if (recent.length > keep) recent.shift()
    onLine(line)
  }

  return {
    recent,
    get size() {
      return size
    },
    push(stream, bytes, at) {
      size += bytes.length
      lastAt = at
      for (const text of readers[stream].push(bytes)) add(text)
    },
    flush(before) {
      if (lastAt >= before) return
      for (const reader of [readers.stdout, readers.stderr]) {
        const text = reader.rest()
        if (text !== undefined) add(text)
      }
    },
  }
}

/** 3 digits after the point below 10 seconds, 2 below 100, else 1. */
function logTime(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000
  return seconds.toFixed(seconds < 10 ? 3 : seconds < 100 ? 2 : 1)
}
