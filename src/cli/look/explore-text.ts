import type { LayerFacts, OpenedImage, Waste, WastedFile } from '../../index.ts'
import { countText, humanSize } from '../../text/index.ts'
import type { Paint } from '../text/paint.ts'
import { table } from '../text/table.ts'
import type { RuleResult } from './ci-rules.ts'
import { inline, instruction } from './words.ts'

/** What of an image is shown without a terminal to draw on. */
export type ImageFacts = Pick<OpenedImage, 'id' | 'platform' | 'layers'>

/** Layers and wasted files as text. */
export function exploreText(name: string, image: ImageFacts, waste: Waste): string {
  return [headText(name, image, waste), layersText(image, waste), wasteText(waste)].join('\n')
}

/** The same, with how the image keeps rules, as dive prints it. */
export function ciText(waste: Waste, results: readonly RuleResult[], paint: Paint): string {
  return [wasteText(waste), rulesText(results, paint)].join('\n')
}

function headText(name: string, { id, platform, layers }: ImageFacts, { imageBytes }: Waste): string {
  const size = layers.reduce((sum, layer) => sum + layer.size, 0)
  const machine = inline([platform.os, platform.architecture, platform.variant].filter(Boolean).join('/'))
  return `${inline(name)}  ${id.slice(7, 19)}  ${machine}  ${humanSize(size)} in ${countText(layers.length, 'layer')}, ${humanSize(imageBytes)} of files\n`
}

function layersText({ layers }: ImageFacts, { layerBytes }: Waste): string {
  const rows = layers.map((layer) => [
    String(layer.index + 1),
    humanSize(layer.size),
    humanSize(layerBytes[layer.index] ?? 0),
    instruction(layer.createdBy),
  ])
  return table([['LAYER', 'BLOB', 'FILES', 'CREATED BY'], ...rows], { gap: 2, least: 0 })
}

function wasteText({ efficiency, wastedBytes, userWastedPercent, hiddenBytes, files }: Waste): string {
  return [
    'Analysis:',
    `  efficiency:        ${percent(efficiency)}`,
    `  wastedBytes:       ${wastedBytes} bytes (${humanSize(wastedBytes)}), of which nobody sees ${humanSize(hiddenBytes)}`,
    `  userWastedPercent: ${percent(userWastedPercent)}`,
    '',
    files.length === 0 ? 'Inefficient Files: (None)\n' : `Inefficient Files:\n${wastedTable(files)}`,
  ].join('\n')
}

function wastedTable(files: readonly WastedFile[]): string {
  const rows = files.map((file) => [
    `  ${file.count}`,
    humanSize(file.total),
    file.writtenBy.map((layer) => layer + 1).join(',') +
      (file.removedBy === undefined ? '' : `, removed in ${file.removedBy + 1}`),
    inline(file.path),
  ])
  return table([['  Count', 'Wasted Space', 'Layers', 'File Path'], ...rows], { gap: 2, least: 0 })
}

export function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(2)} %`
}

const styles = { PASS: 'green', FAIL: 'red', SKIP: 'faint' } as const

function rulesText(results: readonly RuleResult[], paint: Paint): string {
  const count = (status: RuleResult['status']) => results.filter((result) => result.status === status).length
  const verdict = count('FAIL') > 0 ? 'FAIL' : 'PASS'
  const counts = (['PASS', 'FAIL', 'SKIP'] as const).flatMap((status) =>
    count(status) > 0 ? [`${status.toLowerCase()}:${count(status)}`] : [],
  )
  return [
    'Evaluation:',
    ...results.map(({ name, status, message }) => `  ${paint(styles[status], status)}  ${name} (${inline(message)})`),
    '',
    `${paint(styles[verdict], verdict)} [${counts.join(' ')}]`,
    '',
  ].join('\n')
}

/** In dive's words, and what dive does not have below `tsbuild`. */
export function exploreJson(image: ImageFacts, waste: Waste, results: readonly RuleResult[] | undefined): object {
  return {
    layer: image.layers.map((layer) => layerJson(layer, waste)),
    image: {
      sizeBytes: waste.imageBytes,
      inefficientBytes: waste.wastedBytes,
      efficiencyScore: waste.efficiency,
      fileReference: waste.files.map(({ count, total, path }) => ({ count, sizeBytes: total, file: path })),
    },
    tsbuild: {
      id: image.id,
      platform: image.platform,
      efficiency: waste.efficiency,
      wastedBytes: waste.wastedBytes,
      userWastedPercent: waste.userWastedPercent,
      hiddenBytes: waste.hiddenBytes,
      files: waste.files,
      ...(results && { rules: results }),
    },
  }
}

function layerJson({ index, digest, diffId, size, createdBy }: LayerFacts, { layerBytes }: Waste): object {
  return { index, id: digest, digestId: diffId, sizeBytes: layerBytes[index] ?? 0, blobBytes: size, command: createdBy }
}
