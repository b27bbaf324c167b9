import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TsbuildError } from '../../src/errors.ts'
import { parse, parseTrigger } from '../../src/parser/index.ts'
import type { SourceFile, SourceRange } from '../../src/source.ts'

/** The code of the error that reading a text ends in. */
function codeOf(text: string): string | undefined {
  try {
    parse({ name: 'Dockerfile', text })
    return undefined
  } catch (error) {
    if (error instanceof TsbuildError) return error.code
    throw error
  }
}

describe('a Dockerfile is bounded', () => {
  const comment = (bytes: number) => `FROM a\n#${'x'.repeat(bytes - 8)}`

  test('to 16 MiB, counted in bytes', () => {
    expect(codeOf(comment(16 << 20))).toBeUndefined()
    expect(codeOf(comment((16 << 20) + 1))).toBe('TSB_DOCKERFILE_TOO_LARGE')
    expect(codeOf(`FROM a\n#${'ü'.repeat(8 << 20)}`)).toBe('TSB_DOCKERFILE_TOO_LARGE')
  })

  test('to instructions of 1 MiB without their heredocs', () => {
    const run = (length: number) => `FROM a\nRUN ${'x'.repeat(length - 4)}`
    expect(codeOf(run(1 << 20))).toBeUndefined()
    expect(codeOf(run((1 << 20) + 1))).toBe('TSB_DOCKERFILE_TOO_LARGE')
    expect(codeOf(`FROM a\nRUN <<A\n${'x\n'.repeat(1 << 20)}A`)).toBeUndefined()
  })

  test('to 200,000 instructions', () => {
    expect(codeOf('FROM a\n'.repeat(200_000))).toBeUndefined()
    expect(codeOf('FROM a\n'.repeat(200_001))).toBe('TSB_DOCKERFILE_TOO_LARGE')
  })
})

describe('much of one thing is read or refused', () => {
  const megabytes = 10_000_000
  const pieces = [
    '\\',
    ' ',
    '\t',
    '\u00a0',
    '<<',
    '<< ',
    '<<a ',
    '"',
    "'",
    '$',
    '${',
    '${a:-',
    '[',
    '["a",',
    '--',
    '--a ',
    '=',
    'a=b ',
    '\\\n',
    '\n',
    '\r',
    '#',
    '#\n',
    '# a=b\n',
  ]
  const heads = ['', 'FROM a\nRUN ', 'FROM a\nENV a=', 'FROM a\nCOPY ', '# escape=`\nFROM a\nARG ']

  test.each([' ', '\t', '\u00a0', '\\', '<<'])('%j, 10 MB of it', (piece) => {
    for (const head of heads) codeOf(head + piece.repeat(megabytes / piece.length))
  })

  test.each(pieces)('%j, just within the limit of an instruction', (piece) => {
    for (const head of heads) codeOf(head + piece.repeat(Math.floor(1_000_000 / piece.length)))
  })
})

describe('any text', () => {
  const piece = fc.constantFrom(
    ...[
      'FROM a\n',
      'FROM a AS b\n',
      'RUN ',
      'COPY ',
      'ADD ',
      'ENV ',
      'ARG ',
      'LABEL ',
      'CMD ',
      'SHELL ',
      'VOLUME ',
      'EXPOSE ',
      'ONBUILD ',
    ],
    ...[
      'HEALTHCHECK ',
      'CMD',
      'USER ',
      '--from=',
      '--mount=type=',
      '--chown="',
      '--link',
      '--',
      ',',
      '=',
      '["a"',
      ', "b"]',
      '[',
      ']',
      '"',
      "'",
    ],
    ...[
      '<<A',
      '<<-"B"',
      '<< ',
      '\nA\n',
      '\nB\n',
      '\\\n',
      '`\n',
      '\\',
      '`',
      '\n',
      '\r\n',
      ' ',
      '\t',
      '#',
      '# c\n',
      '# escape=`\n',
      '$x',
      '${',
      '}',
      'ü',
      '😀',
      '\u2028',
      '\ufeff',
      'a',
    ],
  )
  const text = fc.oneof(
    fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')),
    fc.array(piece, { maxLength: 40 }).map((pieces) => `FROM a\n${pieces.join('')}`),
    fc.string({ unit: 'binary' }),
  )

  test('is read or ends in an error that can be shown, with every place inside the text', () => {
    fc.assert(
      fc.property(text, (input) => {
        const source = { name: 'Dockerfile', text: input }
        let result: unknown
        try {
          result = parse(source)
        } catch (error) {
          expect(error).toBeInstanceOf(TsbuildError)
          result = { at: (error as TsbuildError).at }
        }
        for (const range of rangesIn(result)) expect(isInside(range, source)).toBe(true)
      }),
      { numRuns: 5000 },
    )
  })

  test('is a trigger or ends in an error at the place given', () => {
    const source = { name: 'Dockerfile', text: 'FROM base' }
    const at = { source, start: { line: 0, column: 5 }, end: { line: 0, column: 9 } }
    fc.assert(
      fc.property(text, (input) => {
        try {
          for (const range of rangesIn(parseTrigger(input, at))) expect(range).toBe(at)
        } catch (error) {
          expect(error).toBeInstanceOf(TsbuildError)
          expect((error as TsbuildError).at).toBe(at)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

function* rangesIn(value: unknown): Generator<SourceRange> {
  if (typeof value !== 'object' || value === null) return
  if ('start' in value && 'end' in value && 'source' in value) yield value as SourceRange
  else for (const member of Object.values(value)) yield* rangesIn(member)
}

/** True when both ends stand in the text, in order. */
function isInside({ source, start, end }: SourceRange, expected: SourceFile): boolean {
  const lines = expected.text.split('\n')
  const stands = ({ line, column }: SourceRange['start']) => column >= 0 && column <= (lines[line]?.length ?? -1)
  const inOrder = start.line < end.line || (start.line === end.line && start.column <= end.column)
  return source.text === expected.text && stands(start) && stands(end) && inOrder
}
