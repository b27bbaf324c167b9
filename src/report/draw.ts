import type { Diagram } from './diagram/diagram.ts'
import { dot } from './diagram/dot.ts'
import { layOut } from './diagram/layout.ts'
import { mermaid } from './diagram/mermaid.ts'
import { svgFile } from './diagram/svg.ts'
import { textTree } from './diagram/tree.ts'
import { graphPage } from './graph-page.ts'
import { pageText } from './html.ts'
import { colourRules } from './style/colours.ts'
import { graphRules } from './style/graph-rules.ts'

export const drawingFormats = ['tree', 'mermaid', 'dot', 'svg', 'html'] as const
/** `tree`: text. `svg` and `html` are laid out; the readers of the other two do that. */
export type DrawingFormat = (typeof drawingFormats)[number]

/** @param name of what it shows, for people */
export function draw(diagram: Diagram, format: DrawingFormat, name: string): string {
  switch (format) {
    case 'tree':
      return textTree(diagram)
    case 'mermaid':
      return mermaid(diagram)
    case 'dot':
      return dot(diagram)
    case 'svg':
      return pageText(svgFile(layOut(diagram), `Layer graph of ${name}`, colourRules() + graphRules))
    case 'html':
      return graphPage(diagram, name)
  }
}
