import type { BuildRecord, StepRecord } from '../../builds/index.ts'
import { criticalPath, type Waiting, waitings } from '../critical-path.ts'
import { briefParts } from '../diagram/diagram.ts'
import { type Html, html } from '../html.ts'
import { logBlock, type StepLog } from '../log/block.ts'
import { choice } from '../page.ts'
import { outcomeText, timeText, tookOf } from '../words.ts'
import { reasonLine } from './reason.ts'
import { factsOf } from './step-facts.ts'

/** What all rows of the timeline share. */
interface Timeline {
  readonly record: BuildRecord
  readonly critical: ReadonlySet<StepRecord>
  readonly waited: ReadonlyMap<StepRecord, Waiting>
  readonly logs: ReadonlyMap<number, StepLog>
}

/** More steps than this begin with those that ran alone. */
const many = 60

/** The steps over time; each can be opened for what is known of it and what it printed. */
export function stepsSection(record: BuildRecord, logs: ReadonlyMap<number, StepLog>): Html {
  const timeline = { record, logs, critical: criticalPath(record), waited: waitings(record) }
  const ran = record.steps.filter(({ outcome }) => ['ran', 'error', 'canceled'].includes(outcome)).length
  const startsSmall = record.steps.length > many && ran > 0 && ran < record.steps.length
  return html`<section id="steps" aria-labelledby="steps-title">
<div class="head"><h2 id="steps-title">Steps over time</h2>${choice('show', 'Steps to show', [
    { id: 'show-all', text: 'All' },
    { id: 'show-ran', text: 'Ran', chosen: startsSmall },
    { id: 'show-critical', text: 'Critical path' },
  ])}</div>
<div class="card">
${axis(record)}
<ol class="steps">
${record.steps.map((step) => row(step, timeline))}
</ol>
</div>
<ul class="legend" aria-label="Colours"><li class="critical">ran, and the build waited for it</li><li class="ran">ran beside it</li><li class="hit">from the cache</li>${record.status !== 'completed' && html`<li class="error">failed</li>`}<li class="wait">ready, and waited for its turn</li></ul>
</section>`
}

function axis({ started, completed }: BuildRecord): Html {
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => timeText((completed - started) * part))
  return html`<div class="axis" aria-hidden="true"><span>Step</span><div class="ticks">${ticks.map((tick, i) => html`<span>${i === 0 ? '0' : tick}</span>`)}</div><span class="last">Took</span></div>`
}

function row(step: StepRecord, timeline: Timeline): Html {
  const { place, text } = briefParts(step.label)
  const { record } = timeline
  const critical = timeline.critical.has(step)
  const why = reasonLine(step)
  const open = step.outcome === 'error' && html` open`
  return html`<li class="step ${step.outcome}${critical && ' critical'}${isHeavy(step, record) && ' heavy'}"><details${open}><summary><span class="what"><span class="line">${place !== '' && html`<span class="place">${place}</span>`}<code>${text}</code></span>${why !== '' && html`<span class="line why">${why}</span>`}</span>${bar(step, timeline)}<span class="took">${tookText(step)}${critical && html`<span class="sr">, on the critical path</span>`}</span></summary>
${inside(step, timeline)}</details></li>
`
}

/** What is worth looking at: a twentieth of the time. */
function isHeavy(step: StepRecord, { started, completed }: BuildRecord): boolean {
  return step.outcome === 'ran' && (tookOf(step) ?? 0) * 20 >= completed - started
}

function tookText(step: StepRecord): string {
  const took = tookOf(step)
  if (step.outcome === 'cached' || step.outcome === 'not-run' || took === undefined) return outcomeText(step)
  return step.outcome === 'ran' ? timeText(took) : `${outcomeText(step)}, ${timeText(took)}`
}

/** Thousandths of the whole time. */
const whole = 1000

function bar(step: StepRecord, { record, waited }: Timeline): Html {
  const { started, completed } = step
  const scale = whole / Math.max(1, record.completed - record.started)
  const at = (time: number) => Math.min(whole, Math.max(0, Math.round((time - record.started) * scale)))
  if (started === undefined || completed === undefined) return html`<svg class="bar" aria-hidden="true"></svg>`
  const width = Math.max(4, at(completed) - at(started))
  const x = Math.min(at(started), whole - width)
  const idle = (waited.get(step)?.idle ?? 0) * scale
  const wait =
    idle >= 2 &&
    html`<rect class="wait" x="${Math.max(0, Math.round(x - idle))}" y="6" width="${Math.round(idle)}" height="2"/>`
  return html`<svg class="bar" viewBox="0 0 ${whole} 14" preserveAspectRatio="none" aria-hidden="true">${wait}<rect class="did" x="${x}" y="2" width="${width}" height="10"/></svg>`
}

function inside(step: StepRecord, { record, waited, logs }: Timeline): Html {
  const log = logs.get(step.number)
  return html`<div class="inside" id="s${step.number}">${factsOf(step, record, waited.get(step))}${log && logBlock(log, step.outcome === 'error' ? 'end' : 'begin')}</div>`
}
