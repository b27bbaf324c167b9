import type { BuildRecord, StepRecord } from '../../builds/index.ts'
import { countText } from '../../text/index.ts'
import { criticalPath, type Waiting, waitings } from '../critical-path.ts'
import type { Diagram, DiagramNode, Tone } from '../diagram/diagram.ts'
import { layOut } from '../diagram/layout.ts'
import { picture } from '../diagram/svg.ts'
import { type Html, html } from '../html.ts'
import { outcomeText, sizeText, timeText, tookOf } from '../words.ts'

/** More are no picture that anybody could read. */
const most = 400

/** Who reads what. */
export function graphSection(record: BuildRecord): Html {
  const diagram = recordDiagram(record)
  const { length } = diagram.nodes
  return html`<section id="graph" aria-labelledby="graph-title">
<div class="head"><h2 id="graph-title">Layer graph</h2><span class="quiet">what is read stands above who reads it</span></div>
${length > most ? html`<p class="quiet">${countText(length, 'step')} are too many for a picture: <code>tsbuild graph --format dot</code> has them all.</p>` : drawn(diagram)}
</section>`
}

export function drawn(diagram: Diagram): Html {
  return html`<div class="card scroll" tabindex="0" role="region" aria-label="Picture of the graph">${picture(layOut(diagram), 'Layer graph')}</div>`
}

/** The steps of a build as a graph: what is internal is no part of it. */
export function recordDiagram(record: BuildRecord): Diagram {
  const critical = criticalPath(record)
  const waited = waitings(record)
  const steps = record.steps.filter(({ kind }) => kind !== 'internal' && kind !== 'scratch')
  return {
    nodes: steps.map((step) => ({
      id: step.id,
      label: step.label,
      note: noteOf(step),
      tone: toneOf(step),
      inputs: step.inputs,
      ...(step.inputs[0] !== undefined && { onto: step.inputs[0] }),
      ...(critical.has(step) && { critical: onPath(waited.get(step)) }),
      href: `#s${step.number}`,
    })),
  }
}

function onPath(waited: Waiting | undefined): NonNullable<DiagramNode['critical']> {
  return waited ? { after: waited.last.id } : {}
}

function noteOf(step: StepRecord): string {
  const took = tookOf(step)
  const time = step.outcome === 'ran' && took !== undefined ? timeText(took) : outcomeText(step)
  return step.layer && step.layer.size > 0 ? `${time} · ${sizeText(step.layer.size)}` : time
}

function toneOf({ outcome, kind }: StepRecord): Tone {
  if (outcome === 'error') return 'error'
  if (outcome === 'canceled' || outcome === 'not-run') return 'idle'
  if (kind !== 'copy' && kind !== 'run' && kind !== 'mkdir') return 'source'
  return outcome === 'cached' ? 'hit' : 'miss'
}
