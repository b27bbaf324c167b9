import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type Dockerfile, parse } from '../../src/parser/index.ts'
import { dockerfileTexts } from '../support/dockerfiles.ts'
import { mutated, soup } from '../support/fuzz.ts'
import { errorOf } from '../support/outcome.ts'
import { printDockerfile } from '../support/print-dockerfile.ts'
import { assertInside, rangesIn } from './places.ts'
import { type FuzzTarget, outcomeOf } from './target.ts'

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
/** What somebody might write, and what nobody would. */
export const anyDockerfile = fc.oneof(
  { arbitrary: file, weight: 4 },
  soup(pieces, 30),
  mutated(texts, pieces),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString()),
)

const parsing: FuzzTarget<string> = {
  name: 'dockerfile',
  runs: 3000,
  input: anyDockerfile,
  async holds(text) {
    const source = { name: 'Dockerfile', text }
    const { value, error } = await outcomeOf(() => parse(source))
    for (const range of rangesIn(error ? { at: error.at } : value)) assertInside(range, source)
    if (error) assert.ok(error.message.length < 3000)
  },
}

const printing: FuzzTarget<string> = {
  name: 'dockerfile-printed',
  runs: 3000,
  input: anyDockerfile,
  // A file that was decoded has no half of a surrogate pair.
  holds: (text) => assertStable(text.toWellFormed()),
}

function read(text: string): Dockerfile | undefined {
  const source = { name: 'Dockerfile', text }
  return errorOf(() => parse(source)) ? undefined : parse(source)
}

/** What is read and printed has the same values when it is read again. */
export function assertStable(input: string): void {
  const dockerfile = read(input)
  // Some blanks part heredoc words and no others: a heredoc that begins inside a word belongs to nothing.
  if (!dockerfile || (/<</.test(input) && /[^\S\t\n\v\f\r ]/.test(input))) return
  const printed = printDockerfile(dockerfile)
  const again = parse({ name: 'Dockerfile', text: printed })
  assert.deepEqual(valuesOf(again), valuesOf(dockerfile))
  assert.equal(printDockerfile(again), printed)
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

export const dockerfileTargets = [parsing, printing] as const
