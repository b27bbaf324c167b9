import { describe, expect, test } from 'vitest'
import { TsbuildError } from '../../src/errors.ts'
import { type FlagType, readFlags } from '../../src/parser/flags.ts'
import { type Command, type Dockerfile, type Instruction, parse } from '../../src/parser/index.ts'
import { readInstruction } from '../../src/parser/instructions/read.ts'
import { conformanceCases, hasConformance, skipReason } from '../support/conformance.ts'
import { scanText } from './tree.ts'

/**
 * Rows of instructions.json where tsbuild knowingly does otherwise:
 * - STOPSIGNAL takes no flags; BuildKit passes over unknown ones on it in silence.
 *
 * Not read here: nodeErrors (their nodes come from no text), docComments (no such feature), runDevice and flagsUsed
 * (instructions/run-flags.test.ts), healthcheck and jsonArgs (how arguments are joined: the planner's). What `mount` rows of
 * phase `expand` say is the planner's, too.
 */
const refusedHere = new Map([['FROM a\nSTOPSIGNAL --x 9', 'unknown flag: --x']])

/** tsbuild suggests only what is close to what was typed; BuildKit also suggests `from` for `foo`. */
const suggestion = / \(did you mean .*\?\)$/

const cases = <T>(table: string) => conformanceCases<T>('instructions.json', table)

/** The message and hint that a call ends in. */
function errorOf(run: () => unknown): { readonly message: string; readonly hint: string | undefined } | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof TsbuildError) return { message: error.message, hint: error.hint }
    throw error
  }
}

function parseText(text: string): Dockerfile {
  return parse({ name: 'Dockerfile', text })
}

/** The first instruction alone, which need not be FROM. */
function readFirst(text: string): Instruction {
  const [statement] = scanText(text).statements
  if (!statement) throw new Error('no statement')
  return readInstruction(statement)
}

const withoutPlace = (message: string | undefined) => message?.replace(/^dockerfile parse error on line \d+: /, '')

describe.skipIf(!hasConformance)(`instruction tables (${hasConformance ? 'conformance' : skipReason})`, () => {
  interface ErrorRow {
    readonly dockerfile: string
    readonly error: string
    readonly errorContains: string
  }
  test.each(cases<ErrorRow>('fixedErrors'))('fixedErrors $dockerfile', ({ dockerfile, error }) => {
    expect(withoutPlace(errorOf(() => readFirst(dockerfile))?.message)).toBe(error)
  })

  test.each(cases<ErrorRow>('errors'))('errors $dockerfile', ({ dockerfile, errorContains }) => {
    expect(errorOf(() => readFirst(dockerfile))?.message).toContain(errorContains)
  })

  test.each(cases<{ line: string; error?: string }>('noCrash'))('noCrash $line', ({ line, error }) => {
    const found = errorOf(() => parseText(`FROM busybox\n${line}`))
    if (error === undefined) expect(found).toBeUndefined()
    else expect(withoutPlace(found?.message)).toBe(withoutPlace(error))
  })

  interface IntervalRow {
    readonly value: string
    readonly flag: string
    readonly ns?: number
    readonly errorContains?: string
  }
  test.each(cases<IntervalRow>('interval'))('interval $value', ({ value, flag, ns, errorContains }) => {
    const text = `HEALTHCHECK --${flag}=${value} CMD x`
    if (ns !== undefined) expect(readFirst(text)).toMatchObject({ interval: ns })
    else expect(errorOf(() => readFirst(text))?.message).toContain(errorContains)
  })

  interface FlagsRow {
    readonly flags: Readonly<Record<string, string | boolean>>
    readonly args: readonly string[]
    readonly values?: Readonly<Record<string, string | boolean>>
    readonly used?: readonly string[]
    readonly error?: boolean
    readonly observedError?: string
  }
  test.each(cases<FlagsRow>('flags'))('flags $args', ({ flags, args, values = {}, used, error, observedError }) => {
    const types = Object.entries(flags).map(([name, value]) => [name, typeof value === 'boolean' ? 'bool' : 'word'])
    const [statement] = scanText(`RUN ${args.map((arg) => arg.replace(/=(.*)$/, '="$1"')).join(' ')}`).statements
    if (!statement) throw new Error('no statement')
    const read = () => readFlags(statement, Object.fromEntries(types) as Record<string, FlagType>)
    if (error) {
      expect(withoutPlace(errorOf(read)?.message)).toBe(observedError?.replace(suggestion, ''))
      return
    }
    const found = read()
    for (const [name, value] of Object.entries(values)) {
      const given = typeof value === 'boolean' ? found.bool(name) : found.word(name)?.text
      expect(given ?? flags[name]).toBe(value)
    }
    if (used) expect(statement.flags.map(({ text }) => text.slice(2).split('=')[0]).sort()).toEqual(used)
  })

  interface CopyRow {
    readonly dockerfile: string
    readonly sources: readonly string[]
    readonly dest: string
    readonly contents: readonly { readonly path: string; readonly data: string; readonly expand: boolean }[]
  }
  test.each(cases<CopyRow>('copyHeredoc'))('copyHeredoc $dockerfile', ({ dockerfile, sources, dest, contents }) => {
    const copy = readFirst(dockerfile)
    if (copy.kind !== 'copy') throw new Error(copy.kind)
    expect(copy.sources.map(({ text }) => text)).toEqual(sources)
    expect(copy.dest.text).toBe(dest)
    expect(copy.heredocs.map(({ name, text, expand }) => ({ path: name, data: text, expand }))).toEqual(contents)
  })

  interface RunRow {
    readonly dockerfile: string
    readonly shell: boolean
    readonly command: readonly string[]
    readonly files: readonly { readonly name: string; readonly data: string; readonly chomp: boolean }[]
  }
  test.each(cases<RunRow>('runHeredoc'))('runHeredoc $dockerfile', ({ dockerfile, shell, command, files }) => {
    const run = readFirst(dockerfile)
    if (run.kind !== 'run') throw new Error(run.kind)
    expect(run.command.form).toBe(shell ? 'shell' : 'exec')
    expect(commandLine(run.command)).toEqual(command)
    // Here the tabs of `<<-` are gone already.
    const expected = files.map(({ data, ...file }) => ({
      ...file,
      data: file.chomp ? data.replaceAll(/^\t+/gm, '') : data,
    }))
    expect(run.heredocs.map(({ name, text, chomp }) => ({ name, data: text, chomp }))).toEqual(expected)
  })

  interface ExtraRow {
    readonly dockerfile: string
    readonly error?: {
      readonly lines: readonly number[]
      readonly message?: string
      readonly messageOneOf?: readonly string[]
    }
    readonly stages?: readonly StageRow[]
    readonly metaArgs?: readonly { readonly Args: readonly unknown[] }[]
  }
  interface StageRow {
    readonly base: string
    readonly name: string
    readonly platform: string
    readonly commands: readonly {
      readonly name: string
      readonly line: number
      readonly values: Record<string, unknown>
    }[]
  }
  test.each(cases<ExtraRow>('extra'))('extra $dockerfile', ({ dockerfile, error, stages, metaArgs }) => {
    const refused = refusedHere.get(dockerfile)
    if (error || refused !== undefined) {
      const found = errorOf(() => parseText(dockerfile))
      const [message = ''] = error?.messageOneOf ?? [error?.message ?? refused]
      expect(withoutPlace(found?.message)).toContain(withoutPlace(message.replace(suggestion, '')))
      return
    }
    const parsed = parseText(dockerfile)
    expect(parsed.stages.map(stageRow)).toEqual(stages)
    const args = metaArgs?.flatMap((row) => row.Args)
    expect(parsed.globalArgs.flatMap((arg) => rowValues(arg)['Args'])).toEqual(args ?? [])
  })

  test.each(cases<{ spec: string; error?: string; phase?: string }>('mount'))(
    'mount $spec',
    ({ spec, error, phase }) => {
      const found = errorOf(() => readFirst(`RUN --mount='${spec}' x`))
      if (phase === 'parse') expect(withoutPlace(found?.message)).toBe(error)
      else expect(found).toBeUndefined()
    },
  )
})

function stageRow(stage: Dockerfile['stages'][number]) {
  return {
    base: stage.from.image.text,
    name: stage.name ?? '',
    platform: stage.from.platform?.text ?? '',
    commands: stage.instructions.map((instruction) => ({
      name: instruction.keyword,
      line: instruction.at.start.line + 1,
      values: rowValues(instruction),
    })),
  }
}

function commandLine(command: Command): readonly string[] {
  if (command.form === 'exec') return command.argv
  return command.text === '' ? [] : [command.text]
}

const texts = (words: readonly { readonly text: string }[]) => words.map(({ text }) => text)
const orNull = <T>(items: readonly T[]) => (items.length > 0 ? items : null)

/** An instruction in the words of the table. */
function rowValues(instruction: Instruction): Record<string, unknown> {
  switch (instruction.kind) {
    case 'arg': {
      const args = instruction.args.map(({ name, value }) => ({
        DocComment: '',
        Key: name,
        Value: value?.text ?? null,
      }))
      return { Args: args }
    }
    case 'env':
    case 'label': {
      const pairs = instruction.pairs.map(({ name, value }) => ({
        Key: name.text,
        NoDelim: instruction.legacy,
        Value: value.text,
      }))
      return instruction.kind === 'env' ? { Env: pairs } : { Labels: pairs }
    }
    case 'run':
      return {
        CmdLine: commandLine(instruction.command),
        Files: orNull(instruction.heredocs.map(({ name, text, chomp }) => ({ Chomp: chomp, Data: text, Name: name }))),
        FlagsUsed: [...new Set(instruction.flags.map(({ name }) => name))],
        Network: instruction.network?.text ?? 'default',
        PrependShell: instruction.command.form === 'shell',
        Security: instruction.security?.text ?? 'sandbox',
      }
    case 'cmd':
    case 'entrypoint': {
      const line = commandLine(instruction.command)
      const CmdLine = instruction.kind === 'entrypoint' ? orNull(line) : line
      return { CmdLine, Files: null, PrependShell: instruction.command.form === 'shell' }
    }
    case 'copy':
    case 'add':
      return fileValues(instruction)
    case 'healthcheck': {
      const { interval, timeout, startPeriod, startInterval, retries, test: check } = instruction
      const shown =
        check.type === 'none'
          ? ['NONE']
          : [check.command.form === 'exec' ? 'CMD' : 'CMD-SHELL', ...commandLine(check.command)]
      const numbers = {
        Interval: interval,
        Retries: retries,
        StartInterval: startInterval,
        StartPeriod: startPeriod,
        Timeout: timeout,
      }
      return {
        Health: { Test: shown, ...Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== 0)) },
      }
    }
    case 'expose':
      return { Ports: texts(instruction.ports).toSorted() }
    case 'volume':
      return { Volumes: texts(instruction.paths) }
    case 'shell':
      return { Shell: instruction.argv }
    case 'onbuild':
      return { Expression: instruction.trigger }
    case 'workdir':
      return { Path: instruction.path.text }
    case 'user':
      return { User: instruction.user.text }
    case 'stopsignal':
      return { Signal: instruction.signal.text }
    case 'maintainer':
      return { Maintainer: instruction.name.text }
    case 'from':
      throw new Error('FROM is in no stage')
  }
}

function fileValues(files: Extract<Instruction, { kind: 'copy' | 'add' }>): Record<string, unknown> {
  const contents = files.heredocs.map(({ name, text, expand }) => ({ Data: text, Expand: expand, Path: name }))
  const common = {
    Chmod: files.chmod?.text ?? '',
    Chown: files.chown?.text ?? '',
    DestPath: files.dest.text,
    ExcludePatterns: orNull(texts(files.excludes)),
    Link: files.link,
    SourceContents: orNull(contents),
    SourcePaths: orNull(texts(files.sources)),
  }
  if (files.kind === 'copy') return { ...common, From: files.from?.text ?? '', Parents: files.parents }
  const { checksum, keepGitDir = null, unpack = null } = files
  return { ...common, Checksum: checksum?.text ?? '', KeepGitDir: keepGitDir, Unpack: unpack }
}
