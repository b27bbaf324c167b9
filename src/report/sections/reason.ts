import type { StepRecord } from '../../builds/index.ts'
import { reasonText } from '../../reason-text.ts'
import { onOneLine } from '../diagram/diagram.ts'
import { errorText } from '../words.ts'

/** Why a step is as it is, on one line; empty when there is nothing to say. */
export function reasonLine({ outcome, reason, source, error, kind }: StepRecord): string {
  if (outcome === 'error' && error !== undefined) return onOneLine(errorText(error))
  if (outcome === 'cached') return source === undefined ? '' : `found in ${onOneLine(source)}`
  return reason && kind !== 'internal' ? onOneLine(reasonText(reason)) : ''
}
