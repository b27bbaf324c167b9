import { keepColours, stripControls, visible } from '../text/escape.ts'
import type { Paint } from '../text/paint.ts'
import { cut, pad, widthOf } from '../text/width.ts'
import type { Palette } from './palette.ts'
import { missText, transferBytes } from './plain-text.ts'
import type { Step, Transfer } from './step.ts'
import type { Trace } from './trace.ts'

export interface FrameSize {
  /** Columns. */
  readonly width: number
  /** Most lines; running steps stay when it gets narrow. */
  readonly height: number
}

export interface FrameLook {
  readonly palette: Palette
  readonly paint: Paint
  /** How many of the last lines of output are shown below a running step. */
  readonly logLines: number
}

/** The lines of the terminal view at one moment, with colours. @param now milliseconds since 1970 */
export function frame(trace: Trace, now: number, size: FrameSize, look: FrameLook): readonly string[] {
  const steps = [...trace.steps]
  const blocks = steps.map((step) => block(step, now, size.width, look))
  const budget = size.height - 1
  const dropped = dropEnded(steps, blocks, budget - wantedLogLines(trace, look))
  const lines = blocks.filter((_, i) => !dropped.has(i)).flat()
  const logs = logLines(trace, budget - lines.length, size.width, look)
  const withLogs = steps.flatMap((step, i) => (dropped.has(i) ? [] : [...(blocks[i] ?? []), ...(logs.get(step) ?? [])]))
  return [header(trace, now, size.width), ...withLogs.slice(0, Math.max(0, budget))]
}

/** All steps, for the screen to keep when the build is over. */
export function lastFrame(trace: Trace, now: number, width: number, look: FrameLook): readonly string[] {
  return frame(trace, now, { width, height: Number.POSITIVE_INFINITY }, { ...look, logLines: 0 })
}

function header(trace: Trace, now: number, width: number): string {
  const steps = [...trace.steps]
  const ended = steps.filter((step) => step.outcome !== undefined).length
  const internal = steps.filter((step) => step.id.startsWith('internal:')).length
  const total = trace.endedAt === undefined ? Math.max(steps.length, trace.total + internal) : steps.length
  const seconds = (((trace.endedAt ?? now) - (trace.startedAt ?? now)) / 1000).toFixed(1)
  const finished = trace.endedAt !== undefined && ended === total ? ' FINISHED' : ''
  return cut(`[+] Building ${seconds}s (${ended}/${total})${finished}`, width)
}

/** What is being printed right now is worth more room than what has ended. */
function wantedLogLines(trace: Trace, { logLines: most }: FrameLook): number {
  const recent = trace.running.map((step) => trace.log(step)?.recent.length ?? 0)
  return Math.min(most, Math.max(0, ...recent))
}

/** Which blocks to leave out: ended steps, oldest first, until the others fit. */
function dropEnded(
  steps: readonly Step[],
  blocks: readonly (readonly string[])[],
  budget: number,
): ReadonlySet<number> {
  const dropped = new Set<number>()
  let height = blocks.reduce((sum, lines) => sum + lines.length, 0)
  steps.forEach((step, i) => {
    if (height <= budget || step.outcome === undefined) return
    dropped.add(i)
    height -= blocks[i]?.length ?? 0
  })
  return dropped
}

const prefixes = { done: '', cached: 'CACHED ', error: 'ERROR ', canceled: 'CANCELED ' } as const

function block(step: Step, now: number, width: number, look: FrameLook): readonly string[] {
  const from = step.source === undefined ? '' : ` (from ${visible(step.source)})`
  const name = (step.outcome ? prefixes[step.outcome] : '') + step.label + from
  const own = row(` => ${name}`, '', seconds(step.startedAt, step.endedAt ?? now), width)
  const style = step.outcome && look.palette[step.outcome]
  const transfers = [...step.transfers.values()].map((transfer) => transferRow(transfer, now, width, look))
  const why = step.miss && missText(step.miss)
  const reason = why === undefined ? [] : [look.paint('faint', cut(` => => ${why}`, width))]
  return [style ? look.paint(style, own) : own, ...reason, ...transfers]
}

function transferRow(transfer: Transfer, now: number, width: number, look: FrameLook): string {
  const time = seconds(transfer.startedAt, transfer.doneAt ?? now)
  const text = row(` => => ${transfer.label}`, transferBytes(transfer), time, width)
  return transfer.doneAt === undefined ? text : look.paint(look.palette.done, text)
}

/** Below this, the status of a transfer is left out. Columns. */
const narrow = 20

/** Left text, a status that is kept whole, and the time at the right edge. */
function row(left: string, status: string, time: string, width: number): string {
  const room = Math.max(0, width - time.length - 2)
  const space = room - status.length - 1
  const text = status === '' || space < narrow ? left : `${cut(left, space)} ${status}`
  return `${pad(cut(text, room), room)} ${time}`
}

function seconds(from: number, until: number): string {
  const value = Math.max(0, until - from) / 1000
  return `${(value < 0.05 ? 0 : value).toFixed(1)}s`
}

/** The last output of running steps, the busiest first, as far as there is room. */
function logLines(trace: Trace, room: number, width: number, look: FrameLook): ReadonlyMap<Step, readonly string[]> {
  const found = new Map<Step, readonly string[]>()
  let left = room
  const size = (step: Step) => trace.log(step)?.size ?? 0
  for (const step of trace.running.toSorted((a, b) => size(b) - size(a))) {
    const recent = trace.log(step)?.recent ?? []
    const lines = recent.slice(-Math.min(look.logLines, Math.max(0, left)) || recent.length)
    left -= lines.length
    found.set(
      step,
      lines.map((line) => logRow(line.text, width, look)),
    )
  }
  return found
}

function logRow(text: string, width: number, look: FrameLook): string {
  const plain = stripControls(text).replaceAll('\t', '  ')
  const colourful = keepColours(text).replaceAll('\t', '  ')
  const room = width - ' => => # '.length - 1
  return look.paint('faint', ' => => # ') + (widthOf(plain) <= room ? colourful : cut(plain, room))
}
