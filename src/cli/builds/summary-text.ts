import type { BuildRecord, ImageRecord } from '../../index.ts'
import { countText, ellipsis, humanSize } from '../../text/index.ts'
import { oneLine } from '../views/step.ts'
import { durationText, makesLayer, stepCounts, stepTime } from './words.ts'

export const summaryChoices = ['auto', 'always', 'never'] as const
export type SummaryChoice = (typeof summaryChoices)[number]

/** What is worth a line: milliseconds of steps, bytes of layers. */
const worthSaying = { time: 1000, size: 1_000_000 }

/** Steps and layers that are named. */
const named = 3

/** What a build came to, in a few lines; `''` when nothing of it is worth saying. `always` says all there is. */
export function summaryText(build: BuildRecord, choice: SummaryChoice): string {
  if (choice === 'never') return ''
  const all = choice === 'always'
  const lines = [stepsLine(build, all), ...build.images.flatMap((image) => imageLines(image, build, all))]
  const shown = lines.filter((line) => line !== undefined)
  return shown.length === 0 ? '' : `\n${shown.map((line) => ` ${oneLine(line)}\n`).join('')}`
}

function stepsLine(build: BuildRecord, all: boolean): string | undefined {
  const { total, cached, saved } = stepCounts(build)
  const slow = build.steps
    .filter((step) => makesLayer(step) && step.outcome === 'ran')
    .map((step) => ({ step, time: stepTime(step) ?? 0 }))
    .filter(({ time }) => all || time >= worthSaying.time)
    .sort((a, b) => b.time - a.time)
    .slice(0, named)
  if (!all && slow.length === 0 && saved < worthSaying.time) return undefined
  const words = [
    `${cached} of ${countText(total, 'step')} cached`,
    ...(saved >= worthSaying.time ? [`${durationText(saved)} saved`] : []),
    ...(slow.length > 0
      ? [`slowest: ${slow.map(({ step, time }) => `${nameOf(step.label)} ${durationText(time)}`).join('; ')}`]
      : []),
  ]
  return words.join(', ')
}

/** Columns of a step's name. */
const nameWidth = 60

function nameOf(label: string): string {
  return ellipsis(oneLine(label), nameWidth)
}

function imageLines(image: ImageRecord, { images, steps }: BuildRecord, all: boolean): readonly string[] {
  const { layers, growth, platform } = image
  const size = layers.reduce((sum, layer) => sum + layer.size, 0)
  const difference = growth ? growth.now - growth.before : 0
  const ran = new Set(steps.filter(({ outcome }) => outcome === 'ran').map(({ id }) => id))
  const large = layers
    .filter(({ step, size: bytes }) => step && (all || (ran.has(step) && bytes >= worthSaying.size)))
    .sort((a, b) => b.size - a.size)
    .slice(0, all ? undefined : named)
  const isGrown = Math.abs(difference) >= worthSaying.size
  if (!all && !isGrown && large.length === 0) return []
  const name = images.length > 1 ? `image ${platform}` : 'image'
  const than = growth && (all || isGrown) ? `, ${differenceText(difference, growth)}` : ''
  const largest = large.map(({ label, size: bytes }) => `${nameOf(label)} ${humanSize(bytes)}`)
  return [
    `${name} ${humanSize(size)} in ${countText(layers.length, 'layer')}${than}`,
    ...(largest.length > 0 ? [`layers: ${largest.join('; ')}`] : []),
  ]
}

/** `1.2MB (1.4%) more than app:latest before` */
function differenceText(difference: number, { against, before }: NonNullable<ImageRecord['growth']>): string {
  if (difference === 0) return `as large as ${against} before`
  const percent = before === 0 ? '' : ` (${((Math.abs(difference) / before) * 100).toFixed(1)}%)`
  return `${humanSize(Math.abs(difference))}${percent} ${difference > 0 ? 'more' : 'less'} than ${against} before`
}
