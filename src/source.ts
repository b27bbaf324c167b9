/** A text that errors can point into, with the name people know it by (`Dockerfile.prod`). */
export interface SourceFile {
  readonly name: string
  readonly text: string
}

/** A place in a text. Lines and columns are zero-based and counted in UTF-16 units, as in LSP; `end` is exclusive. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** A part of a source file. */
export interface SourceRange {
  readonly source: SourceFile
  readonly start: Position
  readonly end: Position
}

/** `Dockerfile.prod:7`, as people and editors write a place. */
export function formatPlace(at: SourceRange): string {
  return `${at.source.name}:${at.start.line + 1}`
}
