import type { CheckResult, Warning } from '../../index.ts'
import { visible } from '../text/escape.ts'
import { excerpt } from '../text/excerpt.ts'

/** A check as buildx prints it. `''` when an error is all there is. */
export function checkText({ warnings, error }: CheckResult): string {
  if (warnings.length > 0) return `Check complete, ${found(warnings.length)}\n${warnings.map(warningText).join('')}`
  return error ? '' : 'Check complete, no warnings found.\n'
}

function found(count: number): string {
  return count === 1 ? '1 warning has been found!' : `${count} warnings have been found!`
}

function warningText({ rule, message, url, at }: Warning): string {
  return `\nWARNING: ${rule}${url ? ` - ${url}` : ''}\n${visible(message)}\n${at ? excerpt(at) : ''}`
}
