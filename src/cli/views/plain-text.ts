import type { MissReason } from '../../index.ts'
import { reasonText } from '../../reason-text.ts'
import { transferSize, visible } from '../../text/index.ts'
import { oneLine, type Step, type Transfer } from './step.ts'

/** `sha256:… 3.15MB / 29.10MB 0.8s done` */
export function transferText(transfer: Transfer): string {
  const seconds = ((transfer.doneAt ?? transfer.updatedAt) - transfer.startedAt) / 1000
  const time = seconds > 0.01 ? ` ${seconds.toFixed(1)}s` : ''
  return [transfer.label, transferBytes(transfer)].filter(Boolean).join(' ') + time + (transfer.doneAt ? ' done' : '')
}

/** `3.15MB / 29.10MB`; nothing when no bytes are counted. */
export function transferBytes({ current, total }: Transfer): string {
  if (total > 0) return `${transferSize(current)} / ${transferSize(total)}`
  return current > 0 ? transferSize(current) : ''
}

/** The last line of a step; undefined while it runs. */
export function endText(step: Step): string | undefined {
  switch (step.outcome) {
    case undefined:
      return undefined
    case 'cached':
      return step.source === undefined ? 'CACHED' : `CACHED from ${visible(step.source)}`
    case 'canceled':
      return 'CANCELED'
    case 'done':
      return `DONE ${((step.milliseconds ?? 0) / 1000).toFixed(1)}s`
    case 'error':
      return `ERROR: ${oneLine(step.error ?? '')}`
  }
}

/** Why a step was not cached: `miss: src/app.ts changed (2 more)`. */
export function missText(reason: MissReason): string {
  return `miss: ${oneLine(reasonText(reason))}`
}
