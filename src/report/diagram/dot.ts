import { arrowsOf, type Diagram, type DiagramNode } from './diagram.ts'
import { linesOf, namesOf } from './lines.ts'
import { fills } from './tones.ts'

/** @see https://graphviz.org/doc/info/lang.html */
export function dot(diagram: Diagram): string {
  const names = namesOf(diagram)
  const textOf = (node: DiagramNode) => linesOf(node).map(escaped).join('\\n')
  return [
    'digraph plan {',
    '  node [shape=box, style="filled,rounded", fontname="monospace"]',
    ...diagram.nodes.map(
      (node) => `  ${names.get(node.id)} [label="${textOf(node)}", fillcolor="${fills[node.tone]}"]`,
    ),
    ...arrowsOf(diagram).map(({ from, to }) => `  ${names.get(from.id)} -> ${names.get(to.id)}`),
    '}',
  ]
    .map((line) => `${line}\n`)
    .join('')
}

function escaped(text: string): string {
  return text.replaceAll(/["\\]/g, (one) => `\\${one}`)
}
