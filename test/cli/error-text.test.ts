import { describe, expect, test } from 'vitest'
import { errorJson, errorReport } from '../../src/cli/error-text.ts'
import { exitCodeOf } from '../../src/cli/exit.ts'
import { FlagError } from '../../src/cli/flags/flag-error.ts'
import { Interruption } from '../../src/cli/signals.ts'
import { noPaint } from '../../src/cli/text/paint.ts'
import { TsbuildError } from '../../src/errors.ts'
import type { SourceRange } from '../../src/source.ts'

const dockerfile = `FROM node:22
ARG A
ENV B=1

WORKDIR /app
COPY package*.json ./
RUN npm ci --omit=dev
COPY . .
CMD ["node"]
`

/** A range from columns (zero-based, end exclusive) of lines (from 1 on). */
function range(text: string, from: [number, number], to: [number, number]): SourceRange {
  const source = { name: 'Dockerfile.prod', text }
  return { source, start: { line: from[0] - 1, column: from[1] }, end: { line: to[0] - 1, column: to[1] } }
}

function report(error: unknown, prefix = 'failed to build: failed to solve: '): string {
  return `\n${errorReport(error, { prefix, debug: false, paint: noPaint })}`
}

describe('errorReport', () => {
  test('what, where and why of a failed step, in the order of BuildKit', () => {
    const message = 'process "/bin/sh -c npm ci --omit=dev" did not complete successfully: exit code: 1'
    const at = range(dockerfile, [7, 0], [7, 21])
    expect(report(new TsbuildError('TSB_RUN_FAILED', message, { at, hint: 'look above' }))).toBe(`
Dockerfile.prod:7  [TSB_RUN_FAILED]
--------------------
   5 |     WORKDIR /app
   6 |     COPY package*.json ./
   7 | >>> RUN npm ci --omit=dev
   8 |     COPY . .
   9 |     CMD ["node"]
--------------------
ERROR: failed to build: failed to solve: process "/bin/sh -c npm ci --omit=dev" did not complete successfully: exit code: 1
hint: look above
`)
  })

  test('a part of a line has a caret below it', () => {
    const text = 'FROM scratch\n\tCOPY --from=biuld /app/dist /srv\n'
    const at = range(text, [2, 13], [2, 18])
    expect(report(new TsbuildError('TSB_UNKNOWN_STAGE', 'no stage', { at }))).toBe(`
Dockerfile.prod:2  [TSB_UNKNOWN_STAGE]
--------------------
   1 |     FROM scratch
   2 | >>> \tCOPY --from=biuld /app/dist /srv
     |     \t            ^^^^^
--------------------
ERROR: failed to build: failed to solve: no stage
`)
  })

  test('every line of an instruction is marked, near the edges of the file too', () => {
    const text = 'RUN a \\\n  b \\\n  c\nRUN d\n'
    expect(report(new TsbuildError('TSB_X', 'no', { at: range(text, [1, 0], [3, 3]) }))).toBe(`
Dockerfile.prod:1  [TSB_X]
--------------------
   1 | >>> RUN a \\
   2 | >>>   b \\
   3 | >>>   c
   4 |     RUN d
--------------------
ERROR: failed to build: failed to solve: no
`)
  })

  test('a place at the end of an empty file is no problem', () => {
    const empty = new TsbuildError('TSB_X', 'no build stage', { at: range('', [1, 0], [1, 0]) })
    expect(report(empty)).toContain('ERROR: failed to build: failed to solve: no build stage\n')
  })

  test('without a place the code stands behind the message', () => {
    expect(report(new TsbuildError('TSB_X', 'no', { hint: 'say yes' }))).toBe(
      '\nERROR: failed to build: failed to solve: no [TSB_X]\nhint: say yes\n',
    )
  })

  test('H04, H08: the excerpt, the name and the message show what cannot be seen', () => {
    const text = 'FROM a\nRUN \x1b[2J\u202eevil\n'
    const source = { name: 'a\x1b.Dockerfile', text }
    const at = { source, start: { line: 1, column: 0 }, end: { line: 1, column: 13 } }
    expect(report(new TsbuildError('TSB_X', 'bad \x07 name', { at }))).toBe(`
a<U+001B>.Dockerfile:2  [TSB_X]
--------------------
   1 |     FROM a
   2 | >>> RUN <U+001B>[2J<U+202E>evil
--------------------
ERROR: failed to build: failed to solve: bad <U+0007> name
`)
  })

  test('an error of ours has no stack, a bug asks to be reported', () => {
    expect(report(new TypeError('x is undefined'))).toBe(`
ERROR: internal error: x is undefined
hint: this is a bug in tsbuild: please report it with what TSBUILD_DEBUG=1 prints
`)
  })

  test('--debug adds stacks and causes', () => {
    const error = new TsbuildError('TSB_X', 'outer', { cause: new Error('inner') })
    const text = errorReport(error, { prefix: '', debug: true, paint: noPaint })
    expect(text).toMatch(/^ERROR: outer \[TSB_X\]\nTsbuildError: outer\n {4}at /)
    expect(text).toMatch(/caused by Error: inner\n/)
  })

  test('for programs it is one line of JSON', () => {
    const error = new TsbuildError('TSB_X', 'a\nb', { at: range(dockerfile, [7, 4], [7, 7]), hint: 'h' })
    expect(errorJson(error)).toBe(
      '{"error":{"code":"TSB_X","message":"a\\nb","hint":"h","file":"Dockerfile.prod","line":7,"column":5}}\n',
    )
  })
})

describe('exitCodeOf', () => {
  const system = (code: string) => Object.assign(new Error(code), { code, syscall: 'open' })
  test.each([
    ['an error of ours', new TsbuildError('TSB_X', 'x'), 1],
    ['what the system refused', system('EROFS'), 1],
    ['a full disk', system('ENOSPC'), 102],
    ['a full disk behind an error of ours', new TsbuildError('TSB_X', 'x', { cause: system('ENOSPC') }), 102],
    ['a wrong flag', new FlagError('x'), 125],
    ['a bug', new TypeError('x'), 100],
    ['a thrown string', 'x', 100],
    ['Ctrl-C', new Interruption('SIGINT'), 130],
    ['SIGTERM', new Interruption('SIGTERM'), 143],
  ])('%s ends with the right status', (_title, error, code) => {
    expect(exitCodeOf(error)).toBe(code)
  })
})
