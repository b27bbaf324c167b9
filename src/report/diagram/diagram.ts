/** A graph to look at: who reads what. */
export interface Diagram {
  /** In an order in which what is read comes first. */
  readonly nodes: readonly DiagramNode[]
}

export interface DiagramNode {
  readonly id: string
  /** As progress shows it: `[build 2/5] RUN make`. */
  readonly label: string
  /** What became of it, or would, in a few words. */
  readonly note: string
  readonly tone: Tone
  /** Ids of what it reads; of those, only the ones that are nodes are drawn. */
  readonly inputs: readonly string[]
  /** The input that it stands on: the files below its layer. */
  readonly onto?: string
  /** It is on the critical path; `after`: the input that it waited for there. */
  readonly critical?: { readonly after?: string }
  /** Where a picture leads from here. */
  readonly href?: string
}

/** `miss`: what has to run, or had to; `idle`: what did not come to run. */
export type Tone = 'source' | 'hit' | 'miss' | 'unknown' | 'error' | 'idle'

/** An arrow from what is read to who reads it. */
export interface Arrow {
  readonly from: DiagramNode
  readonly to: DiagramNode
}

export function arrowsOf({ nodes }: Diagram): readonly Arrow[] {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  return nodes.flatMap((to) =>
    to.inputs.flatMap((input) => {
      const from = byId.get(input)
      return from ? [{ from, to }] : []
    }),
  )
}

/** The place and the rest of a label: `build 2/5` and `RUN make`. */
export function labelParts(label: string): { readonly place: string; readonly text: string } {
  const [, place, text] = /^\[([^\]]*)\]\s*(.+)$/s.exec(label) ?? []
  return place === undefined || text === undefined ? { place: '', text: label } : { place, text }
}

/** A label where there is little room: images as people write them, without the digest that they are pinned to. */
export function briefParts(label: string): ReturnType<typeof labelParts> {
  const { place, text } = labelParts(onOneLine(label))
  return { place, text: text.replace(/\bdocker\.io\/(?:library\/)?/g, '').replace(/@sha256:[0-9a-f]{64}\b/g, '') }
}

/** A text from a Dockerfile or an image on one line. */
export function onOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
