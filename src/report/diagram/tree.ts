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

  /**
   * A step, and what it stands on down to the first: one line a step, however long the chain is.
   * @param first before its own line; `depth`: before those of the others
   */
  const walk = (top: DiagramNode, first: string, depth: string) => {
    let [node, margin]: [DiagramNode | undefined, string] = [top, first]
    while (node) {
      const known = shown.has(node.id)
      lines.push(`${margin}${lineOf(node)}${known ? ' (see above)' : ''}`)
      if (known) return
      shown.add(node.id)
      const { onto, inputs }: DiagramNode = node
      for (const input of inputs) {
        const other = input === onto ? undefined : byId.get(input)
        if (other) walk(other, `${depth}├─ `, `${depth}│  `)
      }
      node = onto === undefined ? undefined : byId.get(onto)
      margin = depth
    }
  }
  for (const node of [...diagram.nodes].reverse()) if (!read.has(node.id)) walk(node, '', '')
  return lines.map((line) => `${line}\n`).join('')
}

function lineOf(node: DiagramNode): string {
  const [label = '', note] = linesOf(node)
  return note === undefined ? label : `${label}  · ${note}`
}
