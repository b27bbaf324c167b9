import type { Diagram, DiagramNode } from './diagram.ts'
import { linesOf } from './lines.ts'

/**
 * A graph as text: below each step what it stands on, at the same depth, and what it reads besides, one deeper. What has been
 * shown is named again and not shown again.
 */
export function textTree(diagram: Diagram): string {
  const byId = new Map(diagram.nodes.map((node) => [node.id, node]))
  const read = new Set(diagram.nodes.flatMap(({ inputs }) => inputs))
  const lines: string[] = []
  const shown = new Set<string>()
  const later: DiagramNode[] = []

  /**
   * A step, and what it stands on down to the first: one line a step, however long the chain is.
   * @param first before its own line; `margin`: before those of the others
   */
  const walk = (top: DiagramNode, first: string, margin: string, depth: number) => {
    let [node, before]: [DiagramNode | undefined, string] = [top, first]
    while (node) {
      const isKnown = shown.has(node.id)
      const isTooDeep = !isKnown && depth === deepest
      lines.push(`${before}${isKnown ? `${nameOf(node)} (see above)` : lineOf(node)}${isTooDeep ? ' (see below)' : ''}`)
      if (isTooDeep) later.push(node)
      if (isKnown || isTooDeep) return
      shown.add(node.id)
      const { onto, inputs }: DiagramNode = node
      for (const input of inputs) {
        const other = input === onto ? undefined : byId.get(input)
        if (other) walk(other, `${margin}├─ `, `${margin}│  `, depth + 1)
      }
      node = onto === undefined ? undefined : byId.get(onto)
      before = margin
    }
  }
  const begin = (node: DiagramNode) => walk(node, '', '', 0)
  for (const node of [...diagram.nodes].reverse()) if (!read.has(node.id)) begin(node)
  for (const node of later) if (!shown.has(node.id)) begin(node)
  return lines.map((line) => `${line}\n`).join('')
}

/** Stages in stages: what is deeper begins a tree of its own, below. */
const deepest = 40

function lineOf(node: DiagramNode): string {
  const [label = '', note] = linesOf(node)
  return note === undefined ? label : `${label}  · ${note}`
}

/** What tells a step from all others: its place in a stage, where it has one. */
function nameOf(node: DiagramNode): string {
  const [label = ''] = linesOf(node)
  return /^\[[^\]]*\d\/\d+\]/.exec(label)?.[0] ?? label
}
