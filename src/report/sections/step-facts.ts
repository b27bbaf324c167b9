import type { BuildRecord, StepRecord } from '../../builds/index.ts'
import type { Waiting } from '../critical-path.ts'
import { labelParts, onOneLine } from '../diagram/diagram.ts'
import { type Hole, type Html, html } from '../html.ts'
import { countText, outcomeText, shortDigest, sizeText, timeText } from '../words.ts'
import { reasonLine } from './reason.ts'

/** What is known of a step. */
export function factsOf(step: StepRecord, record: BuildRecord, waited: Waiting | undefined): Html {
  const facts: readonly (readonly [string, Hole])[] = [
    ['Step', html`<code>${onOneLine(step.label)}</code>`],
    ['Outcome', outcome(step)],
    ['Line', lineOf(step, record)],
    ['Began', step.started !== undefined && `${timeText(step.started - record.started)} after the build`],
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
