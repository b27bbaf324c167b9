import type { Warning } from '../../index.ts'
import { dataJson } from '../calls/location.ts'

/** A warning in the form of BuildKit's `VertexWarning`: that of the step that loads the Dockerfile. */
export function warningStatus({ rule, message, at, url, description }: Warning): object {
  const line = at ? ` (line ${at.start.line + 1})` : ''
  return {
    vertex: 'internal:definition',
    level: 1,
    short: base64(`${rule}: ${message}${line}`),
    detail: description === undefined ? undefined : [base64(description)],
    url,
    sourceInfo: at && { filename: at.source.name, data: dataJson(at.source), language: 'Dockerfile' },
    range: at && [{ start: position(at.start), end: position(at.end) }],
  }
}

/** Lines from 1 on, as BuildKit counts them. */
function position({ line, column }: { readonly line: number; readonly column: number }): object {
  return { line: line + 1, character: column }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
