import type { ArgInstruction, FromInstruction, InstructionBase } from '../../parser/index.ts'
import type { Warn } from './checks.ts'

/** A comment right above `FROM … AS name` describes the stage, and begins with its name. */
export function checkStageDescription(from: FromInstruction, warn: Warn): void {
  if (from.alias) checkDescription(from, 'FROM', [from.alias.text.toLowerCase()], warn)
}

/** A comment right above ARG describes one of its arguments, and begins with that one's name. */
export function checkArgDescription(instruction: ArgInstruction, warn: Warn): void {
  const names = instruction.args.map(({ name }) => name)
  checkDescription(instruction, 'ARG', names, warn)
}

function checkDescription(
  { comments, at }: InstructionBase,
  keyword: 'ARG' | 'FROM',
  names: readonly string[],
  warn: Warn,
): void {
  const described = comments.at(-1)?.split(' ', 1)[0]
  if (described === undefined || names.includes(described)) return
  const name = names.length === 1 ? names[0] : '<arg_key>'
  const message = `Comment for ${keyword} should follow the format: \`# ${name} <description>\``
  warn({ rule: 'InvalidDefinitionDescription', message, at })
}
