import type { SourceFile, Warning } from '../../index.ts'
import { dataJson } from '../calls/location.ts'

/** Characters of Dockerfiles that a list of warnings may have in all. */
const dataLimit = 32 << 20

/**
 * Warnings in the form of BuildKit's `VertexWarning`, all of the step that loads the Dockerfile. Each has the Dockerfile; of
 * many with a large one only the first has.
 */
export function warningStatuses(warnings: readonly Warning[]): readonly object[] {
  const data = new Map<SourceFile, string>()
  return warnings.map((warning) => {
    const source = warning.at?.source
    if (!source) return warningStatus(warning, undefined)
    const known = data.get(source)
    const text = known ?? dataJson(source)
    data.set(source, text)
    return warningStatus(warning, known && known.length * warnings.length > dataLimit ? undefined : text)
  })
}

function warningStatus({ rule, message, at, url, description }: Warning, data: string | undefined): object {
  const line = at ? ` (line ${at.start.line + 1})` : ''
  return {
    vertex: 'internal:definition',
    level: 1,
    short: base64(`${rule}: ${message}${line}`),
    detail: description === undefined ? undefined : [base64(description)],
    url,
    sourceInfo: at && { filename: at.source.name, data, language: 'Dockerfile' },
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
