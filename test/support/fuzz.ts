import fc from 'fast-check'

const factor = Number(process.env['TSBUILD_FUZZ'] ?? 1)
const seed = Number(process.env['TSBUILD_FUZZ_SEED'] ?? 5)

/**
 * Options for `fc.assert`: a property is tried `usual` times, or that times `$TSBUILD_FUZZ`, with the same inputs each time
 * unless `$TSBUILD_FUZZ_SEED` is another one. What fails is printed with the seed and the path that try it again.
 */
export function tries(usual: number): fc.Parameters<unknown> {
  return { numRuns: Math.ceil(usual * factor), seed }
}

/** Texts made of these pieces, up to `longest` of them. */
export function soup(pieces: readonly string[], longest: number): fc.Arbitrary<string> {
  return fc.array(fc.constantFrom(...pieces), { maxLength: longest }).map((parts) => parts.join(''))
}

/** A text of these with parts cut out, doubled, moved or replaced by pieces. */
export function mutated(texts: readonly string[], pieces: readonly string[]): fc.Arbitrary<string> {
  const place = fc.double({ min: 0, max: 1, noNaN: true })
  const change = fc.tuple(place, place, fc.constantFrom(...pieces), fc.constantFrom(...changes))
  return fc
    .tuple(fc.constantFrom(...texts), fc.array(change, { minLength: 1, maxLength: 8 }))
    .map(([text, made]) => made.reduce(applyChange, text))
}

const changes = ['cut', 'double', 'insert', 'replace', 'move'] as const

function applyChange(
  text: string,
  [start, length, piece, how]: readonly [number, number, string, (typeof changes)[number]],
): string {
  const from = Math.floor(start * text.length)
  // Mostly short, so that something of the text stays.
  const to = Math.min(text.length, from + Math.ceil(length ** 4 * text.length))
  const [before, part, after] = [text.slice(0, from), text.slice(from, to), text.slice(to)]
  switch (how) {
    case 'cut':
      return before + after
    case 'double':
      return before + part + part + after
    case 'insert':
      return before + piece + part + after
    case 'replace':
      return before + piece + after
    case 'move':
      return before + after + part
  }
}
