import type { PlannedStep } from './library/forecast.ts'
import { reasonText } from './reason-text.ts'

/** The forecast of a step in words: `miss: src/app.ts changed (2 more)`. */
export function forecastText({ forecast }: PlannedStep, labelOf: (id: string) => string): string {
  switch (forecast.kind) {
    case 'source':
      return ''
    case 'hit':
      return forecast.source === undefined ? 'hit' : `hit in ${forecast.source}`
    case 'miss':
      return `miss: ${reasonText(forecast.reason)}`
    case 'unknown':
      return `unknown until ${placeIn(labelOf(forecast.until))}`
  }
}

/** `[build 2/5]` of a label, or all of it. */
function placeIn(label: string): string {
  return /^\[[^\]]*\d\/\d+\]/.exec(label)?.[0] ?? label
}
