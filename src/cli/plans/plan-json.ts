import type { BuildForecast, PlannedStep } from '../../index.ts'
import { reasonJson, reasonText } from '../../reason-text.ts'
import { formatPlace } from '../../source.ts'

/** The plan for programs. Fields are added, never renamed. */
export function planJson({ targets, steps, pulls, done, advice }: BuildForecast): object {
  return { done, targets, steps: steps.map(stepJson), pulls, ...(advice.length > 0 && { advice }) }
}

function stepJson({ id, kind, label, inputs, at, forecast, emulates, problem }: PlannedStep): object {
  return {
    id,
    kind,
    label,
    inputs,
    ...(at && { place: formatPlace(at) }),
    cache: forecast.kind,
    ...(forecast.kind === 'hit' && {
      key: forecast.key,
      layer: forecast.layer,
      ...(forecast.source !== undefined && { source: forecast.source }),
      created: forecast.created,
      milliseconds: forecast.milliseconds,
    }),
    ...(forecast.kind === 'miss' && { cacheReason: reasonJson(forecast.reason), why: reasonText(forecast.reason) }),
    ...(forecast.kind === 'unknown' && { until: forecast.until }),
    ...(emulates && { emulates }),
    ...(problem && { problem }),
  }
}
