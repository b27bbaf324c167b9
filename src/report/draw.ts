import { TsbuildError } from '../errors.ts'
import { countText } from '../text/index.ts'
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

/**
 * @param name of what it shows, for people
 * @throws {TsbuildError} TSB_GRAPH_TOO_LARGE when it would have to be laid out
 */
export function draw(diagram: Diagram, format: DrawingFormat, name: string): string {
  switch (format) {
    case 'tree':
      return textTree(diagram)
    case 'mermaid':
      return mermaid(diagram)
    case 'dot':
      return dot(diagram)
    case 'svg':
      checkSize(diagram)
      return pageText(svgFile(layOut(diagram), `Layer graph of ${name}`, colourRules() + graphRules))
    case 'html':
      checkSize(diagram)
      return graphPage(diagram, name)
  }
}

/** More would take minutes, and be a picture of lines. */
const most = 2000

function checkSize({ nodes }: Diagram): void {
  if (nodes.length <= most) return
  throw new TsbuildError(
    'TSB_GRAPH_TOO_LARGE',
    `the graph has ${countText(nodes.length, 'step')}: too many for a picture`,
    {
      hint: '--format text, json, mermaid and dot have them all; --target shows a part',
    },
  )
}
