import { treemap as arrange, hierarchy } from 'd3-hierarchy'
import type { LayerRecord } from '../builds/index.ts'
import { ellipsis } from '../text/index.ts'
import { type Html, html } from './html.ts'
import { layerName, sizeText } from './words.ts'

/** Layers as areas: laid out twice, since letters would shrink with a picture that is made to fit a narrow page. */
export function treemap(layers: readonly LayerRecord[], name: string): Html {
  return html`${drawn(layers, name, 'wide', 1120, 180)}${drawn(layers, name, 'narrow', 330, 180)}`
}

/** A layer, or all of them. */
interface Area {
  readonly layer?: LayerRecord
  readonly children?: readonly Area[]
}

function drawn(layers: readonly LayerRecord[], name: string, form: string, width: number, height: number): Html {
  const root = hierarchy<Area>({ children: layers.map((layer) => ({ layer })) })
    .sum(({ layer }) => layer?.size ?? 0)
    .sort((a, b) => (b.value ?? 0) - (a.value ?? 0))
  const areas = arrange<Area>().size([width, height]).round(true)(root).leaves()
  const list = layers.map((layer) => `${sizeText(layer.size)} ${layerName(layer).text}`).join('; ')
  return html`<svg class="treemap ${form}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${name}: ${list}">${areas.map(
    ({ data: { layer }, x0, x1, y0, y1 }) => layer && area(layer, x0, y0, x1 - x0, y1 - y0),
  )}</svg>
`
}

/** Pixels of a letter, and about how many a line takes. */
const letter = { width: 6.6, line: 17 }

function area(layer: LayerRecord, x: number, y: number, width: number, height: number): Html | false {
  if (width < 1 || height < 1) return false
  const { place, text } = layerName(layer)
  const columns = Math.floor((width - 16) / letter.width)
  const lines = Math.floor((height - 8) / letter.line)
  const words = columns < 6 ? [] : [sizeText(layer.size), text, place].slice(0, Math.max(0, lines))
  const kind = layer.step === undefined ? 'base' : 'own'
  return html`<svg class="${kind}" x="${x}" y="${y}" width="${width}" height="${height}"><title>${layer.label}: ${sizeText(layer.size)}</title><rect class="fill" width="${width}" height="${height}" rx="${Math.min(width, height) > 24 ? 4 : 0}"/>${words.map(
    (word, i) =>
      word !== '' &&
      html`<text${i === 0 && html` class="size"`} x="9" y="${18 + i * letter.line}">${ellipsis(word, columns)}</text>`,
  )}</svg>`
}
