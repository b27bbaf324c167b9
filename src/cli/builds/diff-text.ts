import type { BuildDiff, BuildRecord, StepDiff, StepRecord } from '../../index.ts'
import { reasonText } from '../../reason-text.ts'
import { humanSize } from '../../text/index.ts'
import { table } from '../text/table.ts'
import { oneLine } from '../views/step.ts'
import { durationText, makesLayer, statusText, stepCounts, stepTime } from './words.ts'

/** What is other in a build, for people: `=` the same, `~` other, `+` new, `-` gone. */
export function buildDiffText({ before, now, settings, steps, sizes }: BuildDiff): string {
  const layers = steps.filter((step) => [step.before, step.now].some((one) => one && makesLayer(one)))
  const lines = [
    `build ${before.number} → ${now.number}  ${oneLine(now.name)}  ${totals(before)} → ${totals(now)}`,
    ...settings.map(
      ({ name, before: was, now: is }) => `  ${name}: ${oneLine(was ?? '(none)')} → ${oneLine(is ?? '(none)')}`,
    ),
    '',
  ]
  const rows = layers.flatMap((step) => [
    [marks[step.kind], outcomes(step), times(step), oneLine(step.now?.label ?? step.before?.label ?? '')],
    ...about(step).map((text) => ['', '', '', `  ${oneLine(text)}`]),
  ])
  const growth = sizes
    .map(({ platform, before, now }) => [platform, humanSize(before), humanSize(now)] as const)
    .filter(([, was, is]) => was !== is)
    .map(([platform, was, is]) => `image ${platform}: ${was} → ${is}\n`)
  return [lines.map((line) => `${line}\n`).join(''), table(rows, { gap: 2, least: 3 }), ...growth].join('')
}

const marks = { same: '=', inputs: '~', instruction: '~', added: '+', removed: '-' } as const

function totals(build: BuildRecord): string {
  const { total, cached } = stepCounts(build)
  return `${statusText(build.status)} ${durationText(build.completed - build.started)}, ${cached}/${total} cached`
}

const words = { cached: 'cached', ran: 'ran', error: 'failed', canceled: 'canceled', 'not-run': 'not run' } as const

function outcomes({ before, now }: StepDiff): string {
  return changed(before && words[before.outcome], now && words[now.outcome])
}

function times({ before, now }: StepDiff): string {
  return changed(onceTook(before), onceTook(now))
}

/** What a step took, now or, when it was in the cache, once. */
function onceTook(step: StepRecord | undefined): string | undefined {
  if (!step) return undefined
  const time = stepTime(step) ?? (step.outcome === 'cached' ? step.saved : undefined)
  return time === undefined ? '' : durationText(time)
}

function changed(before: string | undefined, now: string | undefined): string {
  if (before === now || before === undefined || now === undefined) return now ?? before ?? ''
  return `${before || '-'} → ${now || '-'}`
}

function about({ before, now, kind }: StepDiff): readonly string[] {
  return [
    ...(kind === 'instruction' && before ? [`was ${before.label}`] : []),
    ...(now?.reason ? [`miss: ${reasonText(now.reason)}`] : []),
  ]
}
