import type { BuildRecord, StepRecord } from '../../index.ts'
import { reasonText } from '../../reason-text.ts'
import { humanSize, visible } from '../../text/index.ts'
import { table } from '../text/table.ts'
import { localTime } from '../text/time.ts'
import { oneLine } from '../views/step.ts'
import { buildRow } from './list-text.ts'
import { durationText, makesLayer, statusText, stepCounts, stepTime } from './words.ts'

/** All that people want to know of a build. */
export function recordText(build: BuildRecord, logFile: (step: number) => string): string {
  const parts = [head(build), problem(build, logFile), steps(build), images(build)]
  return parts.filter((part) => part !== '').join('\n')
}

/** By the names of `builds ls`, some more, and those of `--format json`, which begin with a small letter. */
export function recordFields(build: BuildRecord, now: number) {
  return {
    ...build,
    ...buildRow(build, now),
    CompletedAt: new Date(build.completed).toISOString(),
    Dockerfile: build.dockerfile?.path ?? '',
    Target: build.target ?? '',
    Platforms: build.platforms,
    Tags: build.tags,
    Error: build.error?.message ?? '',
  }
}

function head(build: BuildRecord): string {
  const { total, begun, cached, saved } = stepCounts(build)
  const share = total === 0 ? '' : ` (${Math.round((cached / total) * 100)}% cached${savedText(saved)})`
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['Build:', `${build.number}, ${build.id}`],
    ['Name:', build.name],
    ['Context:', build.context],
    ['Dockerfile:', build.dockerfile?.path],
    ['Target:', build.target],
    ['Platforms:', build.platforms.join(', ') || undefined],
    ['Status:', statusText(build.status)],
    ['Started:', localTime(new Date(build.started).toISOString())],
    ['Duration:', durationText(build.completed - build.started)],
    ['Build Steps:', `${begun}/${total}${share}`],
  ]
  const known = lines.flatMap(([name, value]) => (value === undefined ? [] : [[name, oneLine(value)]]))
  return table(known, { gap: 2, least: 14 })
}

function savedText(milliseconds: number): string {
  return milliseconds < 1000 ? '' : `, ${durationText(milliseconds)} saved`
}

function problem({ error, steps }: BuildRecord, logFile: (step: number) => string): string {
  if (!error) return ''
  const step = steps.find(({ id }) => id === error.step)
  const lines = [
    `ERROR: ${oneLine(error.message)}  [${error.code}]`,
    ...(step ? [`in #${step.number} ${oneLine(step.label)}`] : []),
    ...(step?.log ? [`all that it printed: ${logFile(step.number)}`] : []),
    ...(error.hint === undefined ? [] : [`hint: ${oneLine(error.hint)}`]),
  ]
  return lines.map((line) => `${visible(line)}\n`).join('')
}

const outcomes = { cached: 'CACHED', ran: 'DONE', error: 'ERROR', canceled: 'CANCELED', 'not-run': '-' } as const

function steps({ steps }: BuildRecord): string {
  if (steps.length === 0) return ''
  const rows = steps.flatMap((step) => [
    [
      `#${step.number}`,
      outcomes[step.outcome],
      timeText(step),
      makesLayer(step) && step.layer ? humanSize(step.layer.size) : '',
      oneLine(step.label),
    ],
    ...aboutCache(step).map((text) => ['', '', '', '', `  ${oneLine(text)}`]),
  ])
  return table([['STEP', 'RESULT', 'TIME', 'SIZE', 'WHAT'], ...rows], { gap: 2, least: 6 })
}

/** A hit has the time that it saved in parentheses. */
function timeText(step: StepRecord): string {
  const { outcome, saved } = step
  if (outcome === 'cached') return saved === undefined ? '' : `(${durationText(saved)})`
  const time = stepTime(step)
  return time === undefined ? '' : durationText(time)
}

function aboutCache({ reason, source }: StepRecord): readonly string[] {
  if (reason) return [`miss: ${reasonText(reason)}`]
  return source === undefined ? [] : [`found in ${source}`]
}

function images({ images }: BuildRecord): string {
  return images
    .map(({ platform, digest, layers }) => {
      const rows = layers.map(({ size, label }) => [humanSize(size), oneLine(label)])
      return `image ${platform} ${digest}\n${table(rows, { gap: 2, least: 10 })}`
    })
    .join('\n')
}
