// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are Dockerfiles
import { describe, expect, test } from 'vitest'
import { TsbuildError } from '../../src/errors.ts'
import { type Dockerfile, parse, parseTrigger, type StageInstruction } from '../../src/parser/index.ts'
import type { SourceRange } from '../../src/source.ts'

const read = (text: string): Dockerfile => parse({ name: 'Dockerfile', text })

/** The instructions of a stage that begins with `FROM a`. */
function readStage(text: string): readonly StageInstruction[] {
  return read(`FROM a\n${text}`).stages[0]?.instructions ?? []
}

function readOne<K extends StageInstruction['kind']>(kind: K, text: string) {
  const [instruction] = readStage(text)
  if (instruction?.kind !== kind) throw new Error(`${instruction?.kind} is not ${kind}`)
  return instruction as Extract<StageInstruction, { readonly kind: K }>
}

/** What a range covers. */
function textAt({ source, start, end }: SourceRange): string {
  const lines = source.text.split('\n').slice(start.line, end.line + 1)
  lines[lines.length - 1] = lines.at(-1)?.slice(0, end.column) ?? ''
  lines[0] = lines[0]?.slice(start.column) ?? ''
  return lines.join('\n')
}

function errorOf(run: () => unknown): TsbuildError {
  try {
    run()
  } catch (error) {
    if (error instanceof TsbuildError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

/** Code, message, hint and what is blamed. */
function refusal(text: string) {
  const { code, message, hint, at } = errorOf(() => read(text))
  return { code, message, hint, blamed: at && textAt(at) }
}

describe('stages', () => {
  test('have a lower-case name, and the alias as written', () => {
    const [stage] = read('FROM a AS Build').stages
    expect(stage?.name).toBe('build')
    expect(stage?.from.alias?.text).toBe('Build')
  })

  test('hold what stands between one FROM and the next', () => {
    const { globalArgs, stages } = read('ARG V\nFROM a\nRUN 1\nFROM b\nRUN 2\nRUN 3')
    expect(globalArgs.map(({ args }) => args[0]?.name)).toEqual(['V'])
    expect(stages.map(({ instructions }) => instructions.length)).toEqual([1, 2])
  })

  test.each(['constructor', 'tostring', 'hasownproperty'])('may be named %s', (name) => {
    expect(read(`FROM scratch AS ${name}`).stages[0]?.name).toBe(name)
  })
})

describe('places', () => {
  test('of words are exact, also on continued lines', () => {
    const copy = readOne('copy', 'COPY \\\n  # which files\n\n  one \\\n  two /to')
    expect(copy.sources.map(({ at }) => [at.start.line, textAt(at)])).toEqual([
      [4, 'one'],
      [5, 'two'],
    ])
    expect(textAt(copy.dest.at)).toBe('/to')
  })

  test('of a word that a continuation parts cover both lines', () => {
    expect(textAt(readOne('workdir', 'WORKDIR /a\\\n/b').path.at)).toBe('/a\\\n/b')
  })

  test('of an instruction go from the keyword to the end of its heredocs', () => {
    expect(textAt(readOne('run', '  RUN <<A\nx\nA\nRUN y').at)).toBe('RUN <<A\nx\nA')
  })

  test('of a flag value leave out the name', () => {
    const copy = readOne('copy', 'COPY --from=b --chown=u:g --exclude=*.md x y')
    expect(textAt(copy.from?.at as SourceRange)).toBe('b')
    expect(copy.excludes.map(({ at }) => textAt(at))).toEqual(['*.md'])
    expect(copy.flags.map(({ at }) => textAt(at))).toEqual(['--from=b', '--chown=u:g', '--exclude=*.md'])
  })

  test('of a flag with quotes are those of the whole flag', () => {
    expect(textAt(readOne('copy', 'COPY --chown="a b" x y').chown?.at as SourceRange)).toBe('--chown="a b"')
  })

  test('of the fields of a mount are those between the commas', () => {
    const { mounts } = readOne('run', 'RUN --mount=type=bind,\\\ntarget=/x,ro true')
    expect(mounts[0]?.fields.map(({ at }) => textAt(at))).toEqual(['type=bind', 'target=/x', 'ro'])
  })

  test('of a quoted field of a mount are those of all fields', () => {
    const { mounts } = readOne('run', `RUN --mount='type=bind,"target=/a,b"' true`)
    expect(mounts[0]?.fields.map(({ key, value }) => [key, value])).toEqual([
      ['type', 'bind'],
      ['target', '/a,b'],
    ])
    expect(new Set(mounts[0]?.fields.map(({ at }) => textAt(at)))).toEqual(new Set([`'type=bind,"target=/a,b"'`]))
  })

  test('of pairs are those of name and value', () => {
    const { pairs } = readOne('env', 'ENV A="b c" \\\n D=e')
    expect(pairs.map(({ name, value }) => [textAt(name.at), textAt(value.at)])).toEqual([
      ['A', '"b c"'],
      ['D', 'e'],
    ])
  })

  test('of JSON members are those of the strings', () => {
    const copy = readOne('copy', 'COPY ["a b", "\\"c",\t"/"]')
    expect([...copy.sources, copy.dest].map(({ text, at }) => [text, textAt(at)])).toEqual([
      ['a b', '"a b"'],
      ['"c', '"\\"c"'],
      ['/', '"/"'],
    ])
  })
})

describe('lines', () => {
  test('may have 65,535 bytes, and one that has more is named', () => {
    const run = (bytes: number, rest = '') => `FROM a\nRUN ${'x'.repeat(bytes - 4)}${rest}`
    expect(read(run(65_535)).stages).toHaveLength(1)
    expect(refusal(run(65_536))).toMatchObject({
      code: 'TSB_LINE_TOO_LONG',
      message: 'dockerfile line greater than max allowed size of 65535: line 2 has 65536 bytes',
    })
    expect(refusal(run(65_534, 'ü')).message).toContain('line 2 has 65536 bytes')
    expect(refusal(run(65_535, '\r\n')).message).toContain('line 2 has 65536 bytes')
  })

  test('are as long in comments, continuations and heredocs', () => {
    const long = 'x'.repeat(65_536)
    for (const text of [`FROM a\n#${long}`, `FROM a\nRUN x \\\n${long}`, `FROM a\nRUN <<A\n${long}\nA`]) {
      expect(refusal(text).code).toBe('TSB_LINE_TOO_LONG')
    }
  })

  test.each([
    ['CRLF', 'FROM a\r\nRUN x \\\r\n  y\r\n', 'x   y'],
    ['a byte order mark', '\ufeffFROM a\nRUN x', 'x'],
    ['a tab after the escape', 'FROM a\nRUN x \\\t\ny', 'x y'],
    ['a backtick escape', '# escape=`\nFROM a\nRUN x `\ny', 'x y'],
    ['a continuation at the end of the file', 'FROM a\nRUN x \\', 'x'],
    ['three escapes, which continue nothing', 'FROM a\nRUN x \\\\\\\nRUN y', 'x \\\\\\'],
  ])('are read with %s', (_, text, command) => {
    expect(read(text).stages[0]?.instructions[0]).toMatchObject({ command: { form: 'shell', text: command } })
  })

  test('that are empty within an instruction give one warning', () => {
    const { warnings } = read('FROM a\nRUN x \\\n\n\n  y')
    expect(warnings).toMatchObject([{ rule: 'NoEmptyContinuation', message: expect.stringContaining('RUN x   y') }])
  })

  test('with characters that are not seen give a warning', () => {
    const { warnings } = read('FROM a\nRUN x\u202e # \u2066')
    expect(warnings.map(({ rule, at }) => [rule, at.start])).toEqual([
      ['InvisibleCharacter', { line: 1, column: 5 }],
      ['InvisibleCharacter', { line: 1, column: 9 }],
    ])
    expect(warnings[0]?.message).toContain('U+202E')
    expect(read('\ufeffFROM a').warnings).toEqual([])
  })
})

describe('comments', () => {
  test('belong to the instruction below, over blank lines', () => {
    expect(read('# one\n#  two  \n\nFROM a').stages[0]?.from.comments).toEqual(['one', 'two'])
  })

  test('above an empty # do not belong to it', () => {
    expect(read('# one\n#\n# two\nFROM a').stages[0]?.from.comments).toEqual(['two'])
  })

  test('that are directives do not belong to it', () => {
    expect(read('# check=skip=all\nFROM a').stages[0]?.from.comments).toEqual([])
  })
})

describe('directives', () => {
  test('are shown with their place', () => {
    const { directives } = read('# Syntax = docker/dockerfile:1 # x\n# check=skip=all\nFROM a')
    expect(directives.map(({ name, value, at }) => [name, value, at.start.line])).toEqual([
      ['syntax', 'docker/dockerfile:1 # x', 0],
      ['check', 'skip=all', 1],
    ])
  })

  test.each([
    'docker/dockerfile',
    'docker/dockerfile:1.7-labs',
    'docker.io/docker/dockerfile:1',
    'docker/dockerfile-upstream:master',
  ])('may name the front end %s, which is built in', (image) =>
    expect(read(`# syntax=${image}\nFROM a`).stages).toHaveLength(1),
  )

  test.each([
    '# syntax=evil.test/x\nFROM a',
    '//syntax=evil.test/x\nFROM a',
    '{"syntax": "evil.test/x"}',
    '# syntax=evil.test/docker/dockerfile\nFROM a',
  ])('of another front end are refused: %s', (text) =>
    expect(refusal(text)).toMatchObject({
      code: 'TSB_UNSUPPORTED_FRONTEND',
      message: expect.stringContaining('evil.test'),
    }),
  )

  test('other than the escape count below a #! line', () => {
    const dockerfile = read('#!/usr/bin/env tsbuild\n# check=skip=all\nFROM a')
    expect(dockerfile.directives).toMatchObject([{ name: 'check' }])
    expect(read('#!/x\n# escape=`\nFROM a').escape).toBe('\\')
  })
})

describe('heredocs', () => {
  test('keep the line ends they have', () => {
    expect(readOne('run', 'RUN <<A\r\nx\r\nA\r\n').heredocs[0]?.text).toBe('x\r\n')
  })

  test('lose the tabs of `<<-` but keep them in raw', () => {
    const [heredoc] = readOne('copy', 'COPY <<-A /x\n\t\ta\n\t b\n\tA').heredocs
    expect(heredoc).toMatchObject({ text: 'a\n b\n', raw: '\t\ta\n\t b\n', chomp: true })
  })

  test('of COPY with a blank in the word are sources like the others', () => {
    const copy = readOne('copy', `COPY x << A <<'b c' /d\n1\nA\n2\nb c`)
    expect(copy.sources.map(({ text }) => text)).toEqual(['x'])
    expect(copy.heredocs.map(({ name, text }) => [name, text])).toEqual([
      ['A', '1\n'],
      ['b c', '2\n'],
    ])
  })

  test('of one name in COPY all have the last body', () => {
    expect(readOne('copy', 'COPY <<A <<A /d\n1\nA\n2\nA').heredocs.map(({ text }) => text)).toEqual(['2\n', '2\n'])
  })

  test('are none in JSON form', () => {
    const copy = readOne('copy', 'COPY ["<<A", "/d"]')
    expect([copy.sources[0]?.text, copy.heredocs]).toEqual(['<<A', []])
  })

  test.each(["RUN echo it's <<A", 'RUN echo ${x^^} <<A', 'RUN echo ${ <<A', 'RUN echo "<<A"', 'RUN echo \\<<A b'])(
    'are none where the shell words are not whole: %s',
    (text) => expect(readStage(`${text}\nRUN y`)).toMatchObject([{ heredocs: [] }, { kind: 'run' }]),
  )

  test('are found after variables and quotes', () => {
    const run = readOne('run', `RUN echo "$A \${B:-'x'} it's" \${C//a/b} <<A\nx\nA`)
    expect(run.heredocs.map(({ name }) => name)).toEqual(['A'])
  })

  test('of a trigger are in its text', () => {
    expect(readOne('onbuild', 'ONBUILD COPY <<-A /x\n\ty\n\tA').trigger).toBe('COPY <<-A /x\n\ty\nA')
  })
})

describe('a trigger', () => {
  const at = read('FROM base').stages[0]?.from.image.at as SourceRange

  test('is read like a line of a file', () => {
    expect(parseTrigger('RUN <<A\nx\nA', at)).toMatchObject({ kind: 'run', heredocs: [{ text: 'x\n' }] })
  })

  test.each(['FROM x', 'ONBUILD RUN x', 'MAINTAINER x', '', '# x', 'RUN x\nRUN y'])('is not %j', (text) => {
    const error = errorOf(() => parseTrigger(text, at))
    expect(error.code).toBe('TSB_BAD_TRIGGER')
    expect(error.at && textAt(error.at)).toBe('base')
  })

  test.each(['ENV a', 'ENV a=b c', 'LABEL x', 'CMD ["a", 1]', 'RUN --network=none [1]', 'VOLUME [1]'])(
    'is refused where it is written: %s',
    (text) => expect(() => readOne('onbuild', `ONBUILD ${text}`)).toThrow(),
  )

  test.each(['FOO x', 'COPY a', 'COPY --bad a b', 'ENV', 'HEALTHCHECK', 'STOPSIGNAL 1 2', 'CMD ["a",', 'ARG "x'])(
    'is not looked at before it is triggered: %s',
    (text) => expect(readOne('onbuild', `ONBUILD ${text}`).trigger).toBe(text),
  )

  test('that is wrong is blamed on the FROM that brings it', () => {
    const error = errorOf(() => parseTrigger('RUN --mont=x y', at))
    expect(error.message).toBe('dockerfile parse error on line 1: unknown flag: --mont')
    expect(error.at && textAt(error.at)).toBe('base')
  })
})

describe('an error', () => {
  test.each([
    [
      'FROM a\nCOPPY x y',
      'TSB_UNKNOWN_INSTRUCTION',
      'dockerfile parse error on line 2: unknown instruction: COPPY',
      'did you mean "COPY"?',
      'COPPY',
    ],
    [
      'FROM a\nCOPY --form=b x y',
      'TSB_UNKNOWN_FLAG',
      'dockerfile parse error on line 2: unknown flag: --form',
      undefined,
      '--form=b',
    ],
    [
      'FROM a\nRUN --mont=x y',
      'TSB_UNKNOWN_FLAG',
      'dockerfile parse error on line 2: unknown flag: --mont',
      'did you mean "--mount"?',
      '--mont=x',
    ],
    [
      'FROM a\nUSER --x y',
      'TSB_UNKNOWN_FLAG',
      'dockerfile parse error on line 2: unknown flag: --x',
      'USER has no flags',
      '--x',
    ],
    [
      'FROM a\nCOPY --link=1 x y',
      'TSB_BAD_FLAG',
      'dockerfile parse error on line 2: expecting boolean value for flag --link, not: 1',
      'write --link or --link=false',
      '--link=1',
    ],
    [
      'FROM a\nCOPY x \\\n <<A\n1\nA',
      'TSB_BAD_HEREDOC',
      'dockerfile parse error on line 2: COPY cannot accept a heredoc as a destination',
      'name the destination last',
      '<<A',
    ],
    [
      'FROM a\nRUN cat <<A\n1',
      'TSB_UNTERMINATED_HEREDOC',
      'unterminated heredoc',
      'end it with a line that is only "A"',
      '<<A',
    ],
    [
      'FROM a\nRUN --mount=from=$x,target=/y z',
      'TSB_BAD_MOUNT',
      "dockerfile parse error on line 2: 'from' doesn't support variable expansion, define alias stage instead",
      'add FROM $x AS NAME and use from=NAME',
      'from=$x',
    ],
    [
      'FROM a\nHEALTHCHECK --interval=5 CMD x',
      'TSB_BAD_FLAG',
      'dockerfile parse error on line 2: time: missing unit in duration "5"',
      'write a number and a unit, such as 30s or 1m30s',
      '5',
    ],
    [
      'FROM a AS 1b',
      'TSB_BAD_STAGE_NAME',
      `dockerfile parse error on line 1: invalid name for build stage: "1b", name can't start with a number or contain symbols`,
      'use letters, digits, "-", "_" and ".", a letter first',
      '1b',
    ],
    ['RUN x', 'TSB_NO_STAGE', 'no build stage in current context', 'only ARG may stand before the first FROM', 'RUN x'],
    ['ARG x', 'TSB_NO_STAGE', 'dockerfile contains no stages to build', 'add a FROM below', 'ARG x'],
    [
      'FROM a\nENV a=b c',
      'TSB_BAD_PAIR',
      `Syntax error - can't find = in "c". Must be of the form: name=value`,
      'put quotes around a value with blanks in it',
      'c',
    ],
    [
      'FROM a\nONBUILD FROM b',
      'TSB_BAD_TRIGGER',
      "dockerfile parse error on line 2: FROM isn't allowed as an ONBUILD trigger",
      undefined,
      'FROM',
    ],
    [
      '# escape=x\nFROM a',
      'TSB_BAD_DIRECTIVE',
      "invalid escape token 'x' does not match ` or \\",
      'write # escape=\\ or # escape=`',
      '# escape=x',
    ],
    [
      '',
      'TSB_DOCKERFILE_EMPTY',
      'the Dockerfile cannot be empty: file with no instructions: Dockerfile',
      'a Dockerfile begins with FROM',
      undefined,
    ],
    [
      '# x',
      'TSB_DOCKERFILE_EMPTY',
      'file with no instructions: Dockerfile has only comments',
      'a Dockerfile begins with FROM',
      '# x',
    ],
  ])('of %j tells the code, the reason, the next step and the place', (text, code, message, hint, blamed) => {
    const found = refusal(text)
    expect(found).toMatchObject({ code, message, blamed })
    if (hint !== undefined) expect(found.hint).toBe(hint)
  })

  test('shows only the beginning of a long word', () => {
    const { message, hint } = refusal(`FROM a\nRUN --${'x'.repeat(10_000)} y`)
    expect(message.length + (hint?.length ?? 0)).toBeLessThan(500)
  })
})
