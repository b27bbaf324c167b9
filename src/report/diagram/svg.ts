import { ellipsis, widthOf } from '../../text/index.ts'
import { type Hole, type Html, html, styleElement } from '../html.ts'
import { briefParts, type DiagramNode, onOneLine } from './diagram.ts'
import type { Box, Layout, Line, Point } from './layout.ts'

/** A picture for a page, which has the rules for its colours. */
export function picture(layout: Layout, name: string): Html {
  return drawing(layout, name)
}

/** A picture that is a file of its own: light or dark as who looks at it has it. */
export function svgFile(layout: Layout, name: string, rules: string): Html {
  return drawing(layout, name, html`${styleElement(rules)}<rect class="ground" width="100%" height="100%"/>`)
}

function drawing({ width, height, boxes, lines }: Layout, name: string, first?: Html): Html {
  const size = html`width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`
  return html`<svg xmlns="http://www.w3.org/2000/svg" class="graph" role="group" aria-label="${name}" ${size}>${first}${lines.map(lineOf)}${boxes.map(boxOf)}</svg>
`
}

function lineOf({ from, to, points }: Line): Html {
  const critical = to.critical?.after === from.id
  return html`<path class="arrow${critical && ' critical'}" d="${curve(points)}"/>`
}

/** From point to point, leaving and arriving straight down. */
function curve(points: readonly Point[]): string {
  const parts = points.map((point, i) => {
    const before = points[i - 1]
    if (!before) return `M${point.x},${point.y}`
    const middle = Math.round((before.y + point.y) * 5) / 10
    return `C${before.x},${middle} ${point.x},${middle} ${point.x},${point.y}`
  })
  return parts.join('')
}

/** Letters of the text font in a box, which are 7.2 pixels wide, and of the small font. */
const columns = { text: 30, small: 33 } as const

function boxOf({ node, x, y, width, height }: Box): Html {
  const { text } = briefParts(node.label)
  const { left, right } = upperLine(node)
  const shape = html`<rect class="box" x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="5"/><rect class="edge" x="0" y="0" width="4" height="${height}"/>`
  const words = html`<text class="small" x="13" y="17">${left}</text><text class="small note" x="${width - 10}" y="17" text-anchor="end">${right}</text><text x="13" y="35">${ellipsis(text, columns.text)}</text>`
  const whole = html`<title>${node.label}${node.note !== '' && `\n${node.note}`}</title>`
  return html`<svg class="${classesOf(node)}" x="${x}" y="${y}" width="${width}" height="${height}">${linked(node, html`${whole}${shape}${words}`)}</svg>`
}

/** Where a step stands, and in the room that is left what came of it. The colour says what these words do not need to. */
function upperLine({ label, note }: DiagramNode): { readonly left: string; readonly right: string } {
  const words = onOneLine(note).replace(/^miss: |(?<=^unknown) until .*/g, '')
  const place = ellipsis(briefParts(label).place.replace(/^linux\//, ''), columns.small - 14)
  if (place === '') return { left: ellipsis(words, columns.small), right: '' }
  return { left: place, right: ellipsis(words, columns.small - widthOf(place) - 2) }
}

function classesOf({ tone, critical }: DiagramNode): string {
  return critical ? `node ${tone} critical` : `node ${tone}`
}

function linked({ href }: DiagramNode, words: Html): Hole {
  return href === undefined ? words : html`<a href="${href}">${words}</a>`
}
