import {
  type Command,
  type Dockerfile,
  type Flag,
  type Heredoc,
  type Instruction,
  isSpace,
  type Word,
} from '../../src/parser/index.ts'

/**
 * A Dockerfile as text, made of its values alone, an instruction a line. Read again it has the same values; places, and how
 * flags and heredoc words were quoted, are not kept.
 */
export function printDockerfile({ directives, escape: escapeChar, globalArgs, stages }: Dockerfile): string {
  const head = directives.map(({ name, value }) => `# ${name}=${value}\n`)
  // Below a `#!` line the directive for the escape does not count.
  const isPassedOver = directives.some(({ name, value }) => name === 'escape' && value !== escapeChar)
  const instructions = [...globalArgs, ...stages.flatMap(({ from, instructions }) => [from, ...instructions])]
  return [
    isPassedOver ? '#!\n' : '',
    ...head,
    '\n',
    ...instructions.map((each) => printInstruction(each, escapeChar)),
  ].join('')
}

function printInstruction(instruction: Instruction, escapeChar: string): string {
  const comments = instruction.comments.map((comment) => `# ${comment}\n`)
  const rest = argumentsOf(instruction)
  const bodies = heredocsOf(instruction).map(({ raw, name }) => `\n${raw}${name}`)
  const flags = instruction.flags.map((flag) => ` ${printFlag(flag)}`)
  // A bare -- ends the flags: what stands behind it may look like one, and no flag stands at the end of the line.
  const mayEnd = instruction.kind !== 'onbuild' && (flags.length > 0 || rest.startsWith('--'))
  const end = mayEnd ? ' --' : ''
  const line = `${instruction.keyword}${flags.join('')}${end} ${rest}`
  return `${comments.join('')}${line}${endOf(line, instruction, escapeChar)}${bodies.join('')}\n`
}

/**
 * What stands behind a line that ends on a single escape, so that the next one is no part of it: a blank that no line is
 * continued over, and that is taken off. A trigger keeps its blanks; there it was the last line, continued by nothing. A
 * word that ends on a blank had an open quote and an escape behind it, which counts for nothing.
 */
function endOf(line: string, { kind }: Instruction, escapeChar: string): string {
  const text = line.replace(/[ \t]+$/, '')
  const isOpen = text.endsWith(escapeChar) && !text.endsWith(escapeChar.repeat(2))
  if (kind === 'onbuild') return isOpen || line.endsWith('\r') ? escapeChar : ''
  if (/^(arg|env|label)$/.test(kind) && isSpace(line.charCodeAt(line.length - 1))) return `${escapeChar}\u00a0`
  return isOpen ? '\u00a0' : ''
}

function argumentsOf(instruction: Instruction): string {
  switch (instruction.kind) {
    case 'from':
      return [instruction.image, instruction.alias && { text: 'AS' }, instruction.alias]
        .flatMap((w) => w?.text ?? [])
        .join(' ')
    case 'arg':
      return instruction.args.map(({ name, value }) => (value ? `${name}=${value.text}` : name)).join(' ')
    case 'env':
    case 'label': {
      // A name may end on an escape, which takes the first blank.
      const between = instruction.legacy ? '  ' : '='
      return instruction.pairs.map(({ name, value }) => `${name.text}${between}${value.text}`).join(' ')
    }
    case 'copy':
    case 'add': {
      const words = [...instruction.sources, instruction.dest]
      return instruction.json ? json(words) : [...instruction.heredocs.map(printHeredocWord), texts(words)].join(' ')
    }
    case 'run':
    case 'cmd':
    case 'entrypoint':
      return printCommand(instruction.command)
    case 'healthcheck':
      return instruction.test.type === 'none' ? 'NONE' : `CMD ${printCommand(instruction.test.command)}`
    case 'shell':
      return JSON.stringify(instruction.argv)
    case 'volume':
      return json(instruction.paths)
    case 'expose':
      return texts(instruction.ports)
    case 'user':
      return instruction.user.text
    case 'workdir':
      return instruction.path.text
    case 'stopsignal':
      return instruction.signal.text
    case 'maintainer':
      return instruction.name.text
    case 'onbuild':
      return instruction.trigger
  }
}

function heredocsOf(instruction: Instruction): readonly Heredoc[] {
  return 'heredocs' in instruction ? instruction.heredocs : []
}

function printCommand(command: Command): string {
  return command.form === 'exec' ? JSON.stringify(command.argv) : command.text
}

function printFlag({ name, value }: Flag): string {
  const quoted = (text: string) => text.replaceAll(/[^a-zA-Z0-9]/gu, '\\$&')
  return `--${quoted(name)}${value === undefined ? '' : `=${quoted(value)}`}`
}

/** `3<<-"EOF"`: in quotes when no variables are put in, else with a backslash before what means something. */
function printHeredocWord({ name, expand, chomp, fd }: Heredoc): string {
  const word = expand ? name.replaceAll(/[^a-zA-Z0-9_]/gu, '\\$&') : `"${name.replaceAll(/["$\\]/g, '\\$&')}"`
  return `${fd || ''}<<${chomp ? '-' : ''}${word}`
}

function texts(words: readonly Pick<Word, 'text'>[]): string {
  return words.map(({ text }) => text).join(' ')
}

function json(words: readonly Word[]): string {
  return JSON.stringify(words.map(({ text }) => text))
}
