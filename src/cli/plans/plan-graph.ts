import type { BuildForecast, PlannedStep } from '../../index.ts'
import { oneLine } from '../views/step.ts'
import { forecastText } from './plan-text.ts'

/** The graph for Mermaid or Graphviz: an arrow from what is read to who reads it, a colour for what a build would do. */
export function planGraph(plan: BuildForecast, format: 'mermaid' | 'dot'): string {
  const { steps } = plan
  const names = new Map(steps.map(({ id }, i) => [id as string, `s${i + 1}`]))
  const nameOf = (id: string) => names.get(id) ?? 's0'
  const labels = new Map(steps.map(({ id, label }) => [id as string, label]))
  const textOf = (step: PlannedStep) =>
    [step.label, forecastText(step, (id) => labels.get(id) ?? id)].filter(Boolean).map(oneLine)
  const arrows = steps.flatMap(({ id, inputs }) => inputs.map((input) => [nameOf(input), nameOf(id)] as const))
  return format === 'mermaid' ? mermaid(steps, nameOf, textOf, arrows) : dot(steps, nameOf, textOf, arrows)
}

type NameOf = (id: string) => string
type TextOf = (step: PlannedStep) => readonly string[]
type Arrows = readonly (readonly [from: string, to: string])[]

const colours: Readonly<Record<PlannedStep['forecast']['kind'], string>> = {
  source: '#e8e8e8',
  hit: '#c9ecd0',
  miss: '#ffd9b0',
  unknown: '#fff3b8',
}

/** @see https://mermaid.js.org/syntax/flowchart.html */
function mermaid(steps: readonly PlannedStep[], nameOf: NameOf, textOf: TextOf, arrows: Arrows): string {
  const entity = (text: string) => text.replaceAll(/[^\w .,:/@+=\-[\]()]/gu, (one) => `#${one.codePointAt(0)};`)
  return [
    'flowchart TD',
    ...steps.map((step) => `  ${nameOf(step.id)}["${textOf(step).map(entity).join('<br>')}"]:::${step.forecast.kind}`),
    ...arrows.map(([from, to]) => `  ${from} --> ${to}`),
    ...Object.entries(colours).map(([kind, colour]) => `  classDef ${kind} fill:${colour},stroke:#555,color:#000`),
  ]
    .map((line) => `${line}\n`)
    .join('')
}

/** @see https://graphviz.org/doc/info/lang.html */
function dot(steps: readonly PlannedStep[], nameOf: NameOf, textOf: TextOf, arrows: Arrows): string {
  const escaped = (text: string) => text.replaceAll(/["\\]/g, (one) => `\\${one}`)
  return [
    'digraph plan {',
    '  node [shape=box, style="filled,rounded", fontname="monospace"]',
    ...steps.map(
      (step) =>
        `  ${nameOf(step.id)} [label="${textOf(step).map(escaped).join('\\n')}", fillcolor="${colours[step.forecast.kind]}"]`,
    ),
    ...arrows.map(([from, to]) => `  ${from} -> ${to}`),
    '}',
  ]
    .map((line) => `${line}\n`)
    .join('')
}
