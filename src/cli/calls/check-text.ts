import type { CheckResult, Warning } from '../../index.ts'
import { visible } from '../../text/index.ts'
import { excerpt, type Lines, rememberLines } from '../text/excerpt.ts'

/** A check as buildx prints it. `''` when an error is all there is. */
export function checkText({ warnings, error }: CheckResult): string {
  if (warnings.length > 0) {
    const lines = rememberLines()
    const texts = warnings.map((warning) => warningText(warning, lines))
    return `Check complete, ${found(warnings.length)}\n${texts.join('')}`
  }
  return error ? '' : 'Check complete, no warnings found.\n'
}

function found(count: number): string {
  return count === 1 ? '1 warning has been found!' : `${count} warnings have been found!`
}

function warningText({ rule, message, url, at }: Warning, lines: Lines): string {
  return `\nWARNING: ${rule}${url ? ` - ${url}` : ''}\n${visible(message)}\n${at ? excerpt(at, undefined, lines) : ''}`
}
