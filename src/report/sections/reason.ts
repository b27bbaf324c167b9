import type { StepRecord } from '../../builds/index.ts'
import type { MissReason } from '../../executor/index.ts'
import { onOneLine } from '../diagram/diagram.ts'

/** Why a step is as it is, on one line; empty when there is nothing to say. */
export function reasonLine({ outcome, reason, source, error, kind }: StepRecord): string {
  if (outcome === 'error' && error !== undefined) return onOneLine(error)
  if (outcome === 'cached') return source === undefined ? '' : `found in ${source}`
  return reason && kind !== 'internal' ? `not in the cache: ${reasonText(reason)}` : ''
}

function reasonText(reason: MissReason): string {
  switch (reason.kind) {
    case 'never-built':
      return 'never built here'
    case 'not-cached':
      return reason.why
    case 'changed':
      return reason.more > 0 ? `${reason.what} (${reason.more} more)` : reason.what
  }
}
