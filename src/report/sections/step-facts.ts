import type { BuildRecord, StepRecord } from '../../builds/index.ts'
import { fileText, reasonText } from '../../reason-text.ts'
import { countText } from '../../text/index.ts'
import type { Waiting } from '../critical-path.ts'
import { labelParts, onOneLine } from '../diagram/diagram.ts'
import { type Hole, type Html, html } from '../html.ts'
import { outcomeText, shortDigest, sizeText, timeText } from '../words.ts'
import { reasonLine } from './reason.ts'

/** What is known of a step. */
export function factsOf(step: StepRecord, record: BuildRecord, waited: Waiting | undefined): Html {
  const facts: readonly (readonly [string, Hole])[] = [
    ['Step', html`<code>${onOneLine(step.label)}</code>`],
    ['Outcome', outcome(step)],
    ['Changed', changesOf(step)],
    ['Line', lineOf(step, record)],
    ['Began', step.started !== undefined && `${timeText(step.started - record.started)} into the build`],
    ['Waited for', waited && waitedFor(waited)],
    ['Layer', step.layer && html`${sizeText(step.layer.size)}, <code>${shortDigest(step.layer.digest)}</code>`],
    ['Key', step.key && html`<code>${shortDigest(step.key)}</code>`],
    [
      'Printed',
      step.log &&
        `${countText(step.log.lines, 'line')}, ${sizeText(step.log.bytes)}${step.log.cut ? ', not all of which was kept' : ''}`,
    ],
  ]
  return html`<dl class="facts">${facts.map(([name, value]) => value !== undefined && value !== false && html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`
}

function outcome(step: StepRecord): Hole {
  const why = reasonLine(step)
  const saved = step.outcome === 'cached' && step.saved !== undefined && step.saved >= 1
  return html`${outcomeText(step)}${saved && `: it once took ${timeText(step.saved ?? 0)}`}${why !== '' && `; ${why}`}`
}

function lineOf({ lines }: StepRecord, { dockerfile }: BuildRecord): Hole {
  if (!lines) return undefined
  const words = lines.end > lines.start ? `${lines.start} to ${lines.end}` : `${lines.start}`
  return dockerfile?.text === undefined ? words : html`<a href="#L${lines.start}">${words}</a>`
}

function waitedFor({ last, idle }: Waiting): Hole {
  const { place, text } = labelParts(onOneLine(last.label))
  const words = place === '' ? text : place
  return html`<a href="#s${last.number}">${words}</a>${idle >= 10 && `, and ${timeText(idle)} more for its turn`}`
}

/** Files that are named; of the others there is their number. */
const named = 40

/** Each component of the key that is not what it was; what one line has said already is not said again. */
function changesOf({ reason, outcome }: StepRecord): Hole {
  if (reason?.kind !== 'changed' || outcome === 'cached') return undefined
  const items = reason.changes.flatMap((change) => {
    if (change.kind !== 'files') return [onOneLine(reasonText({ kind: 'changed', changes: [change] }))]
    const more = Math.max(0, change.files.length - named) + change.more
    return [
      ...change.files.slice(0, named).map((file) => onOneLine(fileText(file))),
      ...(more > 0 ? [`and ${more} more`] : []),
    ]
  })
  return items.length > 1 && html`<ul class="paths">${items.map((item) => html`<li>${item}</li>`)}</ul>`
}
