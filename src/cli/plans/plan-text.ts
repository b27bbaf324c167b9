import { forecastText } from '../../forecast-text.ts'
import type { BuildForecast, PlannedStep } from '../../index.ts'
import { countText, transferSize } from '../../text/index.ts'
import { oneLine } from '../views/step.ts'

/** A build for people, a step a line, and below it why it would run. */
export function planText(plan: BuildForecast): string {
  const byId = new Map(plan.steps.map((step) => [step.id as string, step]))
  const labelOf = (id: string) => byId.get(id)?.label ?? id
  const lines: string[] = []
  for (const step of plan.steps) {
    const { forecast, problem, emulates, kind, label } = step
    if (kind === 'scratch') continue
    const words = forecastText(step, labelOf)
    lines.push(`${markOf(forecast.kind)} ${oneLine(label)}`)
    if (words !== '' && words !== 'hit') lines.push(`    ${oneLine(words)}`)
    if (emulates && !problem && forecast.kind !== 'hit') lines.push(`    runs programs for ${emulates}`)
    if (problem) lines.push(`    cannot run here: ${oneLine(problem.message)}`)
    if (problem?.hint !== undefined) lines.push(`    hint: ${oneLine(problem.hint)}`)
  }
  return [...lines, '', ...summary(plan)].map((line) => `${line}\n`).join('')
}

function summary({ steps, pulls, targets, done }: BuildForecast): readonly string[] {
  const count = (kind: string) => steps.filter(({ forecast }) => forecast.kind === kind).length
  const [hits, misses, unknown] = [count('hit'), count('miss'), count('unknown')]
  const total = hits + misses + unknown
  const saved = savedText(steps)
  const platforms = targets.length > 1 ? ` for ${targets.map(({ platform }) => platform).join(', ')}` : ''
  return [
    done
      ? `nothing to run${platforms}: ${total === 1 ? 'the one step is' : `all of ${total} steps are`} in the cache${saved}`
      : `${misses + unknown} of ${countText(total, 'step')} would run${platforms}${unknown > 0 ? `; ${unknown} of them may still be found in the cache` : ''}${saved}`,
    ...pulls.map(
      ({ image, layers, bytes }) =>
        `pulls ${transferSize(bytes)} in ${countText(layers, 'layer')} of ${oneLine(image)}`,
    ),
  ]
}

/** What the steps that are in the cache took when they were made. */
function savedText(steps: BuildForecast['steps']): string {
  const times = steps.map(({ forecast }) => (forecast.kind === 'hit' ? forecast.milliseconds : 0))
  const seconds = times.reduce((sum, time) => sum + time, 0) / 1000
  return seconds < 1 ? '' : `; the cache saves ${seconds.toFixed(1)} s`
}

function markOf(kind: PlannedStep['forecast']['kind']): string {
  return { source: ' ', hit: '=', miss: '+', unknown: '?' }[kind]
}
