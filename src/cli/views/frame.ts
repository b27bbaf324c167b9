import type { MissReason } from '../../index.ts'
import { cut, keepColours, pad, stripControls, visible, widthOf } from '../../text/index.ts'
import type { Paint } from '../text/paint.ts'
import type { Palette } from './palette.ts'
import { missText, transferBytes } from './plain-text.ts'
import { branchesOf, type Stage } from './stages.ts'
import type { Step, Transfer } from './step.ts'
import type { LogLine } from './step-log.ts'
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
  /** Colours of what steps print stay. */
  readonly colours: boolean
  /** How many of the last lines of output are shown below a running step. */
  readonly logLines: number
}

/** Lines that stay or go together. They are made when it is known that they stay. */
interface Block {
  readonly kind: 'step' | 'stage' | 'cached'
  readonly isRunning: boolean
  readonly height: number
  readonly lines: () => readonly string[]
  /** Whose output stands below. */
  readonly step?: Step
  /** Before each line: ` => ` and one more for each level. */
  readonly lead: string
}

interface Moment {
  /** Milliseconds since 1970. */
  readonly now: number
  readonly width: number
  readonly look: FrameLook
  /** Whether a reason stands below each step that missed, or below those alone of which it tells something. */
  readonly reasons: 'all' | 'telling'
}

/** The lines of the terminal view at one moment, with colours: the stages as a tree, what is cached folded. */
export function frame(trace: Trace, now: number, size: FrameSize, look: FrameLook): readonly string[] {
  const moment = { now, width: size.width, look, reasons: 'telling' } as const
  const blocks = blocksOf(trace, moment, foldCached)
  const budget = size.height - 1
  const kept = fitting(blocks, budget - wantedLogLines(trace, look))
  const height = kept.reduce((sum, block) => sum + block.height, 0)
  const logs = logLines(trace, budget - height, look)
  const lines = kept.flatMap((block) => [...block.lines(), ...outputBelow(block, logs, moment)])
  return [header(trace, now, size.width), ...lines.slice(0, Math.max(0, budget))]
}

/** All steps, for the screen to keep when the build is over. */
export function lastFrame(trace: Trace, now: number, width: number, look: FrameLook): readonly string[] {
  const same = sameForAll([...trace.steps])
  const reasons = same === undefined ? 'all' : 'telling'
  const blocks = blocksOf(trace, { now, width, look, reasons }, stepBlocks)
  const about = same === undefined ? [] : [look.paint('faint', cut(`${topLead}${same}`, width))]
  return [header(trace, now, width), ...blocks.flatMap((block) => block.lines()), ...about]
}

/** Of a first build, or one without cache, one line says it for all: `miss: never built here: each of 9 steps`. */
function sameForAll(steps: readonly Step[]): string | undefined {
  const missed = steps.flatMap(({ miss }) => miss ?? [])
  const [text, ...others] = new Set(missed.map(missText))
  const isSaidOnce = missed.length > 1 && others.length === 0 && !missed.some(isTelling)
  return isSaidOnce ? `${text}: each of ${missed.length} steps` : undefined
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
  const recent = trace.running.map((step) => trace.log(step)?.latest().length ?? 0)
  return Math.min(most, Math.max(0, ...recent))
}

type BlocksOfSteps = (steps: readonly Step[], lead: string, moment: Moment) => readonly Block[]

/** Several stages are a tree; the steps of a single one stand alone. */
function blocksOf(trace: Trace, moment: Moment, blocks: BlocksOfSteps): readonly Block[] {
  const steps = [...trace.steps]
  const branches = branchesOf(steps, trace.graph)
  const isTree = branches.filter(({ kind }) => kind === 'stage').length > 1
  if (!isTree) return blocks(steps, topLead, moment)
  return branches.flatMap((branch) =>
    branch.kind === 'step'
      ? stepBlock(branch.step, topLead, moment)
      : [stageBlock(branch, moment), ...blocks(branch.steps, `${topLead}=> `, moment)],
  )
}

const topLead = ' => '

/** The least of what is not worth its room, oldest first, until the others fit: ended steps, ended stages, names of stages. */
function fitting(blocks: readonly Block[], budget: number): readonly Block[] {
  const dropped = new Set<Block>()
  let height = blocks.reduce((sum, block) => sum + block.height, 0)
  const drop = (isLess: (block: Block) => boolean) => {
    for (const block of blocks) {
      if (height <= budget) return
      if (dropped.has(block) || !isLess(block)) continue
      dropped.add(block)
      height -= block.height
    }
  }
  drop((block) => block.kind !== 'stage' && !block.isRunning)
  drop((block) => !block.isRunning)
  drop((block) => block.kind === 'stage')
  return blocks.filter((block) => !dropped.has(block))
}

const stepBlocks: BlocksOfSteps = (steps, lead, moment) => steps.map((step) => stepBlock(step, lead, moment))

/** Of steps one after the other that were all in the cache only the number is said. */
const foldCached: BlocksOfSteps = (steps, lead, moment) => {
  const runs: Step[][] = []
  for (const step of steps) {
    const last = runs.at(-1)
    if (step.outcome === 'cached' && last?.[0]?.outcome === 'cached') last.push(step)
    else runs.push([step])
  }
  return runs.map((run) => {
    const [first] = run
    return first && run.length === 1 ? stepBlock(first, lead, moment) : cachedBlock(run.length, lead, moment)
  })
}

function cachedBlock(count: number, lead: string, { width, look }: Moment): Block {
  const lines = () => [look.paint(look.palette.cached, cut(`${lead}CACHED ${count} steps`, width))]
  return { kind: 'cached', isRunning: false, height: 1, lead, lines }
}

function stageBlock({ name, total, steps, shared }: Stage, { now, width }: Moment): Block {
  const ended = shared + steps.filter(({ outcome }) => outcome === 'done' || outcome === 'cached').length
  const isRunning = steps.some(({ outcome }) => outcome === undefined)
  const from = Math.min(...steps.map(({ startedAt }) => startedAt))
  const until = isRunning ? now : Math.max(...steps.map(({ endedAt }) => endedAt ?? now))
  const lines = () => [
    row(`${topLead}${name} ${ended}/${Math.max(total, steps.length)}`, '', seconds(from, until), width),
  ]
  return { kind: 'stage', isRunning, height: 1, lead: topLead, lines }
}

const prefixes = { done: '', cached: 'CACHED ', error: 'ERROR ', canceled: 'CANCELED ' } as const

function stepBlock(step: Step, lead: string, moment: Moment): Block {
  const isRunning = step.outcome === undefined
  const height = 1 + (reasonOf(step, moment) === undefined ? 0 : 1) + step.transfers.size
  return { kind: 'step', isRunning, height, step, lead, lines: () => stepLines(step, lead, moment) }
}

function stepLines(step: Step, lead: string, moment: Moment): readonly string[] {
  const { now, width, look } = moment
  const from = step.source === undefined ? '' : ` (from ${visible(step.source)})`
  const name = (step.outcome ? prefixes[step.outcome] : '') + step.label + from
  const own = row(lead + name, '', seconds(step.startedAt, step.endedAt ?? now), width)
  const style = step.outcome && look.palette[step.outcome]
  const transfers = [...step.transfers.values()].map((transfer) => transferRow(transfer, lead, moment))
  const why = reasonOf(step, moment)
  const reason = why === undefined ? [] : [look.paint('faint', cut(`${lead}=> ${why}`, width))]
  return [style ? look.paint(style, own) : own, ...reason, ...transfers]
}

function reasonOf({ miss }: Step, { reasons }: Moment): string | undefined {
  return miss && (reasons === 'all' || isTelling(miss)) ? missText(miss) : undefined
}

/** What changed since a step was cached, or that it failed before; that it was never built, or is not to be cached, is often so of all. */
function isTelling({ kind }: MissReason): boolean {
  return kind !== 'never-built' && kind !== 'not-cached'
}

function transferRow(transfer: Transfer, lead: string, { now, width, look }: Moment): string {
  const time = seconds(transfer.startedAt, transfer.doneAt ?? now)
  const bytes = transferBytes(transfer)
  const status = transfer.total > 0 && width >= widthForBar ? `${bar(transfer)} ${bytes}` : bytes
  const text = row(`${lead}=> ${transfer.label}`, status, time, width)
  return transfer.doneAt === undefined ? text : look.paint(look.palette.done, text)
}

/** Columns of a terminal from which on there is room for a bar, and of that. */
const [widthForBar, barWidth] = [70, 16]

/** `[=====>          ]` */
function bar({ current, total }: Transfer): string {
  const done = Math.min(barWidth, Math.floor((current / total) * barWidth))
  const head = done < barWidth ? '>' : ''
  return `[${'='.repeat(done)}${head}${' '.repeat(barWidth - done - head.length)}]`
}

/** Below this, the status of a transfer is left out. Columns. */
const narrow = 20

/** Left text, a status that is kept whole, and the time at the right edge. */
function row(left: string, status: string, time: string, width: number): string {
  const room = Math.max(0, width - time.length - 2)
  const space = room - status.length - 1
  const text = status === '' || space < narrow ? left : `${cut(left, space)} ${status}`
  return cut(`${pad(cut(text, room), room)} ${time}`, width)
}

function seconds(from: number, until: number): string {
  const value = Math.max(0, until - from) / 1000
  return `${(value < 0.05 ? 0 : value).toFixed(1)}s`
}

/** The last output of running steps, the busiest first, as far as there is room. */
function logLines(trace: Trace, room: number, look: FrameLook): ReadonlyMap<Step, readonly LogLine[]> {
  const found = new Map<Step, readonly LogLine[]>()
  let left = room
  const size = (step: Step) => trace.log(step)?.size ?? 0
  for (const step of trace.running.toSorted((a, b) => size(b) - size(a))) {
    const most = Math.min(look.logLines, left)
    const lines = most > 0 ? (trace.log(step)?.latest().slice(-most) ?? []) : []
    left -= lines.length
    found.set(step, lines)
  }
  return found
}

function outputBelow(
  { step, lead }: Block,
  logs: ReadonlyMap<Step, readonly LogLine[]>,
  { width, look }: Moment,
): readonly string[] {
  const lines = (step && logs.get(step)) ?? []
  return lines.map(({ text }) => logRow(text, `${lead}=> # `, width, look))
}

function logRow(text: string, lead: string, width: number, look: FrameLook): string {
  const plain = stripControls(text).replaceAll('\t', '  ')
  const colourful = look.colours ? keepColours(text).replaceAll('\t', '  ') : plain
  const room = width - lead.length - 1
  return look.paint('faint', lead) + (widthOf(plain) <= room ? colourful : cut(plain, room))
}
