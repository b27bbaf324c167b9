import type { BuildRecord, StepRecord } from '../../builds/index.ts'
import { criticalPath } from '../critical-path.ts'
import { type Hole, type Html, html } from '../html.ts'
import { outcomeText, sizeText, timeText, tookOf } from '../words.ts'

/** What the instruction that begins on a line came to, on all platforms. */
interface Cost {
  readonly steps: readonly StepRecord[]
  /** Its last line. */
  readonly end: number
  readonly outcome: StepRecord['outcome']
  /** It opened an image, and made nothing. */
  readonly isSource: boolean
  /** The build waited for one of the steps. */
  readonly isCritical: boolean
  /** Milliseconds. */
  readonly time: number
  /** Bytes. */
  readonly size: number
}

/** The Dockerfile, and at each instruction what it cost. */
export function dockerfileSection(record: BuildRecord): Hole {
  const text = record.dockerfile?.text
  if (text === undefined) return undefined
  const costs = costsOf(record)
  const looks = looksOf(costs)
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/)
  return html`<section id="dockerfile" aria-labelledby="dockerfile-title">
<div class="head"><h2 id="dockerfile-title">Dockerfile</h2><span class="quiet">time and size by instruction</span></div>
<ol class="source card">
${lines.map((line, i) => sourceLine(line, i + 1, looks.get(i + 1) ?? '', costs.get(i + 1)))}
</ol>
</section>`
}

function costsOf(record: BuildRecord): ReadonlyMap<number, Cost> {
  const critical = criticalPath(record)
  const byLine = new Map<number, StepRecord[]>()
  for (const step of record.steps) {
    if (!step.lines) continue
    const known = byLine.get(step.lines.start)
    if (known) known.push(step)
    else byLine.set(step.lines.start, [step])
  }
  return new Map([...byLine].map(([line, found]) => [line, costOf(found, critical)]))
}

function costOf(steps: readonly StepRecord[], critical: ReadonlySet<StepRecord>): Cost {
  const sum = (of: (step: StepRecord) => number | undefined) =>
    steps.reduce((total, step) => total + (of(step) ?? 0), 0)
  return {
    steps,
    end: Math.max(...steps.map(({ lines }) => lines?.end ?? 0)),
    outcome: order.find((outcome) => steps.some((step) => step.outcome === outcome)) ?? 'not-run',
    isSource: steps.every(({ kind, outcome }) => outcome === 'ran' && kind === 'image'),
    isCritical: steps.some((step) => critical.has(step)),
    time: sum((step) => (step.outcome === 'cached' ? 0 : tookOf(step))),
    size: sum(({ layer }) => layer?.size),
  }
}

/** What is said of several steps: the first of these that one of them came to. */
const order: readonly StepRecord['outcome'][] = ['error', 'canceled', 'ran', 'not-run', 'cached']

/** The look of each line that is a part of an instruction with steps: colours mean what they do in the timeline and the graph. */
function looksOf(costs: ReadonlyMap<number, Cost>): ReadonlyMap<number, string> {
  const looks = new Map<number, string>()
  const all = [...costs.values()].reduce((total, { time }) => total + time, 0)
  for (const [start, { end, outcome, time, isSource, isCritical }] of costs) {
    const isHeavy = outcome === 'ran' && time * 3 >= all
    const ran = `ran${isCritical ? ' critical' : ''}${isHeavy ? ' heavy' : ''}`
    const look = isSource && !isHeavy ? 'source-of' : outcome === 'ran' ? ran : outcome
    for (let line = start; line <= end; line++) looks.set(line, look)
  }
  return looks
}

function sourceLine(line: string, number: number, look: string, cost: Cost | undefined): Html {
  return html`<li id="L${number}" class="${look}"><span class="n" aria-hidden="true">${number}</span><code>${line}</code><span class="cost">${cost && costText(cost)}</span></li>
`
}

/** What opens at once is no cost. */
const leastOfSource = 100

function costText({ steps: [first], outcome, time, size, isSource }: Cost): Hole {
  if (!first || (isSource && time < leastOfSource)) return undefined
  const words = outcome === 'ran' ? timeText(time) : outcomeText({ ...first, outcome })
  return html`<a href="#s${first.number}">${words}${size > 0 && ` · ${sizeText(size)}`}</a>`
}
