import type { BuildForecast, PlannedStep } from '../../index.ts'
import { formatPlace } from '../../source.ts'
import { reasonText } from './plan-text.ts'

/** The plan for programs. Fields are added, never renamed. */
export function planJson({ targets, steps, pulls, done }: BuildForecast): object {
  return { done, targets, steps: steps.map(stepJson), pulls }
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
      key: forecast.record.key,
      layer: forecast.record.layer.diffId,
      ...(forecast.record.source !== undefined && { source: forecast.record.source }),
      created: forecast.record.created,
      milliseconds: forecast.record.milliseconds,
    }),
    ...(forecast.kind === 'miss' && { cacheReason: forecast.reason, why: reasonText(forecast.reason) }),
    ...(forecast.kind === 'unknown' && { until: forecast.until }),
    ...(emulates && { emulates }),
    ...(problem && { problem }),
  }
}
