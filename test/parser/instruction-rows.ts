import type { Command, Dockerfile, Instruction } from '../../src/parser/index.ts'

/** A stage as instructions.json has it. */
export interface StageRow {
  readonly base: string
  readonly name: string
  readonly platform: string
  readonly commands: readonly {
    readonly name: string
    readonly line: number
    readonly values: Readonly<Record<string, unknown>>
  }[]
}

export function stageRow(stage: Dockerfile['stages'][number]): StageRow {
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

/** The command line list of BuildKit's instructions: shell form is one text, an empty one none. */
export function commandLine(command: Command): readonly string[] {
  if (command.form === 'exec') return command.argv
  return command.text === '' ? [] : [command.text]
}

const texts = (words: readonly { readonly text: string }[]) => words.map(({ text }) => text)
const orNull = <T>(items: readonly T[]) => (items.length > 0 ? items : null)

/** An instruction in the words of the table. */
export function rowValues(instruction: Instruction): Record<string, unknown> {
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
