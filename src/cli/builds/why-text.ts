import type { BuildExplanation, BuildRecord, KeyChange, MissReason, StepExplanation } from '../../index.ts'
import { changeLines, reasonText } from '../../reason-text.ts'
import { countText } from '../../text/index.ts'
import { timeAgo } from '../text/time.ts'
import { oneLine } from '../views/step.ts'
import { differencesText, durationText, stepCounts, stepTime } from './words.ts'

/** Files of one step that are listed; `--format json` has all. */
const listedFiles = 50

/** Why steps ran, whole. @param now milliseconds since 1970 */
export function whyText({ build, steps }: BuildExplanation, now: number): string {
  const { total, begun, cached } = stepCounts(build)
  const ago = timeAgo(new Date(build.started).toISOString(), now)
  const end = begun === 0 ? undefined : endText(build)
  const hits = `${cached} of ${countText(total, 'step')} came from the cache${end === undefined ? '' : `, and ${end}`}`
  const title = `build ${build.number} of ${oneLine(build.name)}, ${ago}: ${begun === 0 ? (failureText(build) ?? hits) : hits}`
  const blocks = steps.map((step) => block(step, now))
  return [`${title}\n`, ...blocks.map((lines) => lines.map((line) => `${line}\n`).join(''))].join('\n')
}

/** Of a build that came to no image. */
function endText({ status, error }: BuildRecord): string | undefined {
  if (status === 'canceled') return 'it was stopped'
  return error && `it failed: ${oneLine(error.message)}  [${error.code}]`
}

/** Of a build in which no step began. */
function failureText({ status, error }: BuildRecord): string | undefined {
  if (status === 'canceled') return 'it was stopped before its steps'
  return error && `it failed before its steps: ${oneLine(error.message)}  [${error.code}]`
}

function block({ step, earlier, cause, advice }: StepExplanation, now: number): readonly string[] {
  const { number, label, reason } = step
  const time = stepTime(step)
  return [
    `#${number} ${oneLine(label)}${time === undefined ? '' : `  ${durationText(time)}`}`,
    reason ? `   miss: ${oneLine(reasonText(reason))}` : `   ${notMissed(step)}`,
    ...(earlier ? [`   before: ${earlierText(earlier, now)}`] : []),
    ...(reason?.kind === 'changed' ? beyond(reason) : []),
    ...(cause?.reason ? [`   ${oneLine(cause.label)} ran since: ${oneLine(reasonText(cause.reason))}`] : []),
    ...advice.map(({ text }) => `   advice: ${oneLine(text)}`),
  ]
}

/** What changed, unless the reason has said all of it. */
function beyond(reason: Extract<MissReason, { readonly kind: 'changed' }>): readonly string[] {
  const lines = reason.changes.flatMap(details)
  return lines.length === 1 && lines[0]?.trim() === oneLine(reasonText(reason)) ? [] : lines
}

/** `build 3, 5 minutes ago (another target: test)` */
function earlierText({ build, differs }: NonNullable<StepExplanation['earlier']>, now: number): string {
  const how = differencesText(build, differs)
  return `build ${build.number}, ${timeAgo(isoOf(build.started), now)}${how === '' ? '' : ` (${oneLine(how)})`}`
}

function isoOf(time: number): string {
  return new Date(time).toISOString()
}

function notMissed({ outcome, saved, source }: StepExplanation['step']): string {
  if (outcome === 'not-run') return 'not run: the build ended before'
  if (outcome !== 'cached') return 'not looked up: it is done in each build'
  const where = source === undefined ? 'the cache of this store' : source
  return `hit: found in ${oneLine(where)}${saved === undefined ? '' : `, saved ${durationText(saved)}`}`
}

function details(change: KeyChange): readonly string[] {
  const lines = changeLines(change)
  const shown = lines.slice(0, listedFiles).map((line) => `     ${oneLine(line)}`)
  const left = lines.length - shown.length + (change.kind === 'files' ? change.more : 0)
  return left > 0 ? [...shown, `     … and ${left} more`] : shown
}
