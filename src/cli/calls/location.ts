import type { SourceFile, SourceRange } from '../../index.ts'
import { maskLogins } from '../../logins.ts'

/** Lines of one instruction that have a range: a heredoc may have millions. */
const lineLimit = 1000

/**
 * A place as BuildKit's `pb.Location` in JSON: a range for each line, from 1 on. There is one source, so its index, 0, is
 * left out, as Go does.
 */
export function locationJson({ start, end }: SourceRange): object {
  const last = Math.max(start.line, end.column === 0 ? end.line - 1 : end.line)
  return {
    ranges: Array.from({ length: Math.min(last - start.line + 1, lineLimit) }, (_, i) => {
      const line = { line: start.line + i + 1 }
      return { start: line, end: line }
    }),
  }
}

/** A Dockerfile, as Go writes bytes in JSON; logins in its URLs are stars. */
export function dataJson({ text }: SourceFile): string {
  return Buffer.from(maskLogins(text)).toString('base64')
}
