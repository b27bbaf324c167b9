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
  /** The last lines, oldest first, without those that were overwritten: of a progress bar, its last state. */
  readonly recent: readonly LogLine[]
  /** The same with what has no line end yet. */
  latest(): readonly LogLine[]
  /** Bytes so far. */
  readonly size: number
  push(stream: 'stdout' | 'stderr', bytes: Uint8Array, at: number): void
  /** Text whose line has not ended becomes a line, when none has been added to it since `before`. */
  flush(before: number): void
}

const streams = ['stdout', 'stderr'] as const
type Stream = (typeof streams)[number]

/** @param onLine gets every line, also those that others overwrite; undefined: only the last ones are made of the bytes */
export function stepLog(startedAt: number, keep: number, onLine: ((line: LogLine) => void) | undefined): StepLog {
  const readers: { [S in Stream]: LineReader } = { stdout: lineReader(), stderr: lineReader() }
  const overwritable: { [S in Stream]?: LogLine | undefined } = {}
  const recent: LogLine[] = []
  let [size, lastAt] = [0, startedAt]

  const lineOf = (text: string): LogLine => ({ time: logTime(lastAt - startedAt), text })

  const add = (stream: Stream, text: string) => {
    const isReturn = text.endsWith('\r')
    const line = lineOf(isReturn ? text.slice(0, -1) : text)
    const before = overwritable[stream]
    if (before) remove(recent, before)
    overwritable[stream] = isReturn ? line : undefined
    recent.push(line)
    if (recent.length > keep) recent.shift()
    onLine?.(line)
  }

  return {
    recent,
    get size() {
      return size
    },
    latest() {
      const open = streams.filter((stream) => readers[stream].open !== '')
      const gone = open.map((stream) => overwritable[stream])
      return [...recent.filter((line) => !gone.includes(line)), ...open.map((stream) => lineOf(readers[stream].open))]
    },
    push(stream, bytes, at) {
      size += bytes.length
      lastAt = at
      const tail = onLine ? undefined : lastLines(bytes, keep)
      if (tail) readers[stream] = lineReader()
      for (const text of readers[stream].push(tail ?? bytes)) add(stream, text)
    },
    flush(before) {
      if (lastAt >= before) return
      for (const stream of streams) {
        const text = readers[stream].rest()
        if (text !== undefined) add(stream, text)
      }
    },
  }
}

const [lineFeed, carriageReturn] = [0x0a, 0x0d]

/** The last lines and what follows them; undefined unless there are more lines, and none may overwrite another. */
function lastLines(bytes: Uint8Array, count: number): Uint8Array | undefined {
  let at = bytes.lastIndexOf(lineFeed)
  for (let found = 0; found < count && at > 0; found++) at = bytes.lastIndexOf(lineFeed, at - 1)
  return at <= 0 || bytes.includes(carriageReturn) ? undefined : bytes.subarray(at + 1)
}

function remove(lines: LogLine[], line: LogLine): void {
  const index = lines.indexOf(line)
  if (index >= 0) lines.splice(index, 1)
}

/** 3 digits after the point below 10 seconds, 2 below 100, else 1. */
function logTime(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000
  return seconds.toFixed(seconds < 10 ? 3 : seconds < 100 ? 2 : 1)
}
