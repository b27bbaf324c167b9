import { arrowsOf, type Diagram, type DiagramNode } from './diagram.ts'
import { linesOf, namesOf } from './lines.ts'
import { fills } from './tones.ts'

/** @see https://mermaid.js.org/syntax/flowchart.html */
export function mermaid(diagram: Diagram): string {
  const names = namesOf(diagram)
  const textOf = (node: DiagramNode) => linesOf(node).map(entities).join('<br>')
  return [
    'flowchart TD',
    ...diagram.nodes.map((node) => `  ${names.get(node.id)}["${textOf(node)}"]:::${node.tone}`),
    ...arrowsOf(diagram).map(({ from, to }) => `  ${names.get(from.id)} --> ${names.get(to.id)}`),
    ...Object.entries(fills).map(([tone, fill]) => `  classDef ${tone} fill:${fill},stroke:#555,color:#000`),
  ]
    .map((line) => `${line}\n`)
    .join('')
}

function entities(text: string): string {
  return text.replaceAll(/[^\w .,:/@+=\-[\]()]/gu, (one) => `#${one.codePointAt(0)};`)
}
