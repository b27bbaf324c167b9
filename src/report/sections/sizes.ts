import type { BuildRecord, ImageRecord, LayerRecord } from '../../builds/index.ts'
import { countText } from '../../text/index.ts'
import { type Hole, type Html, html } from '../html.ts'
import { treemap } from '../treemap.ts'
import { layerName, sizeText } from '../words.ts'

/** What the layers of each image take. */
export function sizesSection(record: BuildRecord): Hole {
  const images = record.images.filter(({ layers }) => layers.length > 0)
  if (images.length === 0) return undefined
  const numbers = new Map(record.steps.map(({ id, number }) => [id as string, number]))
  return html`<section id="sizes" aria-labelledby="sizes-title">
<div class="head"><h2 id="sizes-title">Size by layer</h2><span class="quiet">bytes as the store keeps them</span></div>
${images.map((image) => imagePart(image, numbers, images.length > 1))}
</section>`
}

function imagePart(image: ImageRecord, numbers: ReadonlyMap<string, number>, several: boolean): Html {
  const total = sizeOf(image.layers)
  const sorted = [...image.layers].sort((a, b) => b.size - a.size)
  const [largest, others] = [sorted.slice(0, shown), sorted.slice(shown)]
  const rows = (layers: readonly LayerRecord[]) => layers.map((layer) => layerRow(layer, total, numbers))
  return html`<div class="image">${several && html`<h3>${image.platform}: ${sizeText(total)}</h3>`}
${total > 0 && treemap(image.layers, `Layers of ${image.platform} by size`)}
<table class="sizes"><thead><tr><th class="number" scope="col">Size</th><th class="number" scope="col">Share</th><th scope="col">Layer</th></tr></thead>
<tbody>${rows(largest)}</tbody></table>
${others.length > 0 && html`<details><summary>${countText(others.length, 'smaller layer')}, ${sizeText(sizeOf(others))}</summary><table class="sizes"><tbody>${rows(others)}</tbody></table></details>`}</div>`
}

/** Rows of a table that are seen at once. */
const shown = 20

function layerRow(layer: LayerRecord, total: number, numbers: ReadonlyMap<string, number>): Html {
  const number = layer.step && numbers.get(layer.step)
  const { place, text } = layerName(layer)
  const name = layer.step === undefined ? html`${text}` : html`<code>${text}</code>`
  const words = html`${place !== '' && html`<span class="muted">${place}</span> `}${number ? html`<a href="#s${number}">${name}</a>` : name}`
  const share = total === 0 ? 0 : (layer.size / total) * 100
  return html`<tr><td class="number">${sizeText(layer.size)}</td><td class="number muted">${share.toFixed(share < 9.95 ? 1 : 0)} %</td><td>${words}</td></tr>
`
}

function sizeOf(layers: readonly LayerRecord[]): number {
  return layers.reduce((sum, { size }) => sum + size, 0)
}
