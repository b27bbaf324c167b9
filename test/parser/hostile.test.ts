import { describe, expect, test } from 'vitest'
import { TsbuildError } from '../../src/errors.ts'
import { parse } from '../../src/parser/index.ts'

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
  const line = `#${'x'.repeat(65_534)}\n`
  const comments = (bytes: number) => `FROM a\n${line.repeat(300)}`.slice(0, bytes - 1).concat('x')

  test('to 16 MiB, counted in bytes', () => {
    expect(codeOf(comments(16 << 20))).toBeUndefined()
    expect(codeOf(comments((16 << 20) + 1))).toBe('TSB_DOCKERFILE_TOO_LARGE')
    expect(codeOf(comments(16 << 20).replace('#x', '#ü'))).toBe('TSB_DOCKERFILE_TOO_LARGE')
  })

  test('to lines of 65,535 bytes: one line of 1 MiB is refused', () => {
    expect(codeOf(`FROM a\nRUN ${'x'.repeat(1 << 20)}`)).toBe('TSB_LINE_TOO_LONG')
    expect(codeOf(`FROM a\n${'x'.repeat(16_000_000)}`)).toBe('TSB_LINE_TOO_LONG')
  })

  test('to instructions of 1 MiB without their heredocs', () => {
    const run = (length: number) => `FROM a\nRUN ${inLines('x'.repeat(length - 4))}`
    expect(codeOf(run(1 << 20))).toBeUndefined()
    expect(codeOf(run((1 << 20) + 1))).toBe('TSB_DOCKERFILE_TOO_LARGE')
    expect(codeOf(`FROM a\nRUN <<A\n${'x\n'.repeat(1 << 20)}A`)).toBeUndefined()
  })

  test('to 25,000 instructions', () => {
    expect(codeOf('FROM a\n'.repeat(25_000))).toBeUndefined()
    expect(codeOf('FROM a\n'.repeat(25_001))).toBe('TSB_DOCKERFILE_TOO_LARGE')
  })
})

describe('J02 much of one thing is read or refused', () => {
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

  test.each([' ', '\t', '\u00a0', '\\', '<<'])('%j, 10 MB of it in one line', (piece) => {
    for (const head of heads) codeOf(head + piece.repeat(10_000_000 / piece.length))
  })

  test.each(pieces)('%j, just within the limit of an instruction', (piece) => {
    for (const head of heads) codeOf(head + inLines(piece.repeat(Math.floor(1_000_000 / piece.length))))
  })

  test.each(pieces)('%j, 2 MB of it in a heredoc', (piece) => {
    codeOf(`FROM a\nRUN <<a\n${inLines(piece.repeat(Math.floor(2_000_000 / piece.length)), '')}\na\n`)
  })
})

/** The text in lines that are short enough, each continued by the next. */
function inLines(text: string, mark = '\\'): string {
  const lines = text.split('\n').flatMap((line) => {
    const parts = Array.from({ length: Math.ceil(line.length / 60_000) }, (_, i) =>
      line.slice(i * 60_000, (i + 1) * 60_000),
    )
    return parts.join(`${mark}\n`)
  })
  return lines.join('\n')
}
