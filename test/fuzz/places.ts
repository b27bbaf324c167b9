import assert from 'node:assert/strict'
import type { SourceFile, SourceRange } from '../../src/source.ts'

/** All places in a value. */
export function* rangesIn(value: unknown): Generator<SourceRange> {
  if (typeof value !== 'object' || value === null) return
  if ('start' in value && 'end' in value && 'source' in value) yield value as SourceRange
  else for (const member of Object.values(value)) yield* rangesIn(member)
}

/** Fails for a place whose ends do not stand in the text, in order. */
export function assertInside(range: SourceRange | undefined, expected: SourceFile): void {
  if (!range) return
  const { source, start, end } = range
  const lines = expected.text.split('\n')
  const stands = ({ line, column }: SourceRange['start']) => column >= 0 && column <= (lines[line]?.length ?? -1)
  const inOrder = start.line < end.line || (start.line === end.line && start.column <= end.column)
  const isInside = source.text === expected.text && stands(start) && stands(end) && inOrder
  assert.ok(isInside, `${JSON.stringify([start, end])} is no place in ${JSON.stringify(expected.text)}`)
}
