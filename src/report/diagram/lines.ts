import { visible } from '../../text/index.ts'
import { type Diagram, type DiagramNode, onOneLine } from './diagram.ts'

/** Names that every language of graphs takes: `s1`, `s2`. */
export function namesOf({ nodes }: Diagram): ReadonlyMap<string, string> {
  return new Map(nodes.map(({ id }, i) => [id, `s${i + 1}`]))
}

/** What stands in a box, with nothing hidden in it. */
export function linesOf({ label, note }: DiagramNode): readonly string[] {
  return [label, note].filter((text) => text !== '').map((text) => visible(onOneLine(text)))
}
