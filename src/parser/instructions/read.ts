import { didYouMean } from '../../errors.ts'
import { excerpt } from '../characters.ts'
import type { Instruction, InstructionOf } from '../instruction.ts'
import { instructionError, type Statement } from '../statement.ts'
import { readAdd } from './add.ts'
import { readArg } from './arg.ts'
import { readCmd } from './cmd.ts'
import { readCopy } from './copy.ts'
import { readEntrypoint } from './entrypoint.ts'
import { readEnv } from './env.ts'
import { readExpose } from './expose.ts'
import { readFrom } from './from.ts'
import { readHealthcheck } from './healthcheck.ts'
import { readLabel } from './label.ts'
import { readMaintainer } from './maintainer.ts'
import { readOnbuild } from './onbuild.ts'
import { readRun } from './run.ts'
import { readShell } from './shell.ts'
import { readStopsignal } from './stopsignal.ts'
import { readUser } from './user.ts'
import { readVolume } from './volume.ts'
import { readWorkdir } from './workdir.ts'

type Kind = Instruction['kind']

/** Every instruction, once: a new kind does not compile until it is listed here. */
const readers: { readonly [K in Kind]: (statement: Statement) => InstructionOf<K> } = {
  add: readAdd,
  arg: readArg,
  cmd: readCmd,
  copy: readCopy,
  entrypoint: readEntrypoint,
  env: readEnv,
  expose: readExpose,
  from: readFrom,
  healthcheck: readHealthcheck,
  label: readLabel,
  maintainer: readMaintainer,
  onbuild: readOnbuild,
  run: readRun,
  shell: readShell,
  stopsignal: readStopsignal,
  user: readUser,
  volume: readVolume,
  workdir: readWorkdir,
}

const kinds = Object.keys(readers)

/** @throws {TsbuildError} for an instruction that is not known or whose arguments are wrong */
export function readInstruction(statement: Statement): Instruction {
  const { keyword } = statement
  const kind = keyword.text.toLowerCase()
  if (isKind(kind)) return readers[kind](statement)
  const names = kinds.map((name) => name.toUpperCase())
  throw instructionError(statement, 'TSB_UNKNOWN_INSTRUCTION', `unknown instruction: ${excerpt(keyword.text)}`, {
    part: keyword,
    hint:
      didYouMean(excerpt(keyword.text), names) ??
      continuationHint(statement) ??
      `the instructions are ${names.join(', ')}`,
  })
}

/** For what looks like the rest of the line above: it is indented, or begins like the second command of a shell line. */
function continuationHint({ at, keyword, ...statement }: Statement): string | undefined {
  if (at.start.line === 0 || (at.start.column === 0 && !/^[&|]/.test(keyword.text))) return undefined
  return `when this belongs to the instruction above, end the line before it with ${statement.escape}`
}

function isKind(text: string): text is Kind {
  return Object.hasOwn(readers, text)
}
