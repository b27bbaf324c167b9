import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TsbuildError } from '../../src/errors.ts'
import { type Dockerfile, parse, parseTrigger } from '../../src/parser/index.ts'
import type { SourceFile, SourceRange } from '../../src/source.ts'
import { dockerfileTexts } from '../support/dockerfiles.ts'
import { mutated, soup, tries } from '../support/fuzz.ts'
import { printDockerfile } from '../support/print-dockerfile.ts'

const keywords =
  'FROM a|FROM a AS b|RUN |COPY |ADD |ENV |ARG |LABEL |CMD |ENTRYPOINT |SHELL |VOLUME |EXPOSE |ONBUILD RUN |ONBUILD |run |' +
  'HEALTHCHECK NONE|HEALTHCHECK CMD |HEALTHCHECK --interval=1s CMD |USER |WORKDIR |STOPSIGNAL |MAINTAINER |copy --link '
const words =
  '--from=b |--mount=type=cache,target=/x |--chown="a b" |--link |--exclude=\\ x |-- |,|=|["a"|, "b"]|["a", "b"]|[|]|[]|"|"x y"|' +
  '\'|<<A |<<-"B" |<< A |3<<C |$x|$|{|}|a |b c|k=v |ü|😀|/|.|\\\n|`\n|\\ |#| |\t|\r|\u2028|\u00a0|\ufeff'
const breaks = ['\n', '\r\n', '\n\n', '\n# c\n', '\n#\n', '\nA\n', '\n\tB\n', '|', '\0', '\ud800', '`', '\\']
const heads = [
  '',
  '# escape=`\n',
  '#!/x\n',
  '#!/x\n# escape=`\n',
  '# syntax=docker/dockerfile:1\n',
  '# check=skip=all\n',
  '\ufeff',
]
const pieces = [...keywords.split('|'), ...words.split('|'), ...breaks, ...heads]

/** An instruction that is likely to be one, with the bodies of the heredocs that it seems to begin. */
const instruction = fc
  .tuple(fc.constantFrom(...keywords.split('|')), soup(words.split('|'), 8))
  .map(([keyword, rest]) => {
    const bodies = [...rest.matchAll(/<<[ -]?"?([ABC])/g)].map(([, name]) => `\tx\n$y\n${name}\n`)
    return `${keyword}${rest}\n${bodies.join('')}`
  })
const file = fc
  .tuple(fc.constantFrom(...heads), fc.array(instruction, { maxLength: 4 }))
  .map(([head, lines]) => `${head}FROM a\n${lines.join('')}`)

const texts = dockerfileTexts()
const text = fc.oneof(
  { arbitrary: file, weight: 4 },
  soup(pieces, 30),
  mutated(texts, pieces),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString()),
)

type Outcome = { readonly dockerfile: Dockerfile; readonly error?: undefined } | { readonly error: TsbuildError }

function read(source: SourceFile): Outcome {
  try {
    return { dockerfile: parse(source) }
  } catch (error) {
    if (error instanceof TsbuildError) return { error }
    throw error
  }
}

describe('any text', () => {
  test('is read or ends in an error that can be shown, with every place inside the text', () => {
    fc.assert(
      fc.property(text, (input) => {
        const source = { name: 'Dockerfile', text: input }
        const { error, ...found } = read(source)
        for (const range of rangesIn(error ? { at: error.at } : found)) expect(isInside(range, source)).toBe(true)
        if (error) expect([error.code, error.message.length < 3000]).toEqual([expect.stringMatching(/^TSB_/), true])
      }),
      tries(3000),
    )
  })

  test('that is read and printed is read as the same values', () => {
    fc.assert(
      // A file that was decoded has no half of a surrogate pair.
      fc.property(text, (input) => expectStable(input.toWellFormed())),
      tries(3000),
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
      tries(1500),
    )
  })
})

test.each(texts.map((input) => [input.slice(0, 60), input]))(
  '%j is the same when it is printed and read',
  (_, input) => {
    expectStable(input)
  },
)

function expectStable(input: string): void {
  const { dockerfile } = { dockerfile: undefined, ...read({ name: 'Dockerfile', text: input }) }
  // Some blanks part heredoc words and no others: a heredoc that begins inside a word belongs to nothing.
  if (!dockerfile || (/<</.test(input) && /[^\S\t\n\v\f\r ]/.test(input))) return
  const printed = printDockerfile(dockerfile)
  const again = read({ name: 'Dockerfile', text: printed })
  if (again.error) throw new Error(`cannot be read again: ${again.error.message}\n${printed}`)
  expect(valuesOf(again.dockerfile)).toEqual(valuesOf(dockerfile))
  expect(printDockerfile(again.dockerfile)).toBe(printed)
}

/** A Dockerfile without places, without the text of its instructions, and without what it was warned of. */
function valuesOf({ source: _, warnings: __, ...dockerfile }: Dockerfile): unknown {
  return JSON.parse(
    JSON.stringify(dockerfile, function (this: object, key, value) {
      const isText = key === 'text' && 'keyword' in this
      return key === 'at' || key === 'as' || isText ? undefined : value
    }),
  )
}

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
