import { TsbuildError } from '../errors.ts'
import { limitHint, limitTable, shownBytes } from '../limits.ts'
import type { SourceFile, SourceRange } from '../source.ts'
import { type Directive, escapeOf, readDirectives } from './directives.ts'
import { checkFrontend } from './frontend.ts'
import type {
  ArgInstruction,
  Dockerfile,
  FromInstruction,
  Instruction,
  Stage,
  StageInstruction,
} from './instruction.ts'
import { readInstruction } from './instructions/read.ts'
import { invisibleCharacters } from './invisible.ts'
import { type Places, placesIn } from './places.ts'
import { scan } from './scan.ts'
import type { Statement } from './statement.ts'

/** Bytes that a Dockerfile may have. */
const usualSize = limitTable['dockerfile-bytes'].default

/**
 * Reads a Dockerfile. Nothing is expanded and no file is looked at.
 * @param syntax `BUILDKIT_SYNTAX`: the front end to read it with, whatever the file says
 * @param largest bytes that the text may have
 * @throws {TsbuildError} with the place to blame; TSB_DOCKERFILE_EMPTY, TSB_DOCKERFILE_TOO_LARGE,
 * TSB_UNSUPPORTED_FRONTEND, TSB_UNKNOWN_INSTRUCTION, TSB_UNKNOWN_FLAG and more
 */
export function parse(source: SourceFile, syntax?: string, largest = usualSize): Dockerfile {
  const { dockerfile, error } = parsePartly(source, syntax, largest)
  if (error) throw error
  return dockerfile
}

/** A Dockerfile up to the first instruction that cannot be read, with what is wrong there. */
export interface PartlyParsed {
  /** It may have no stage when there is an error. */
  readonly dockerfile: Dockerfile
  readonly error?: TsbuildError
}

/**
 * As `parse`, for those who can do something with the part before an error.
 * @throws {TsbuildError} for a file that has no instructions at all: not even their ends can be seen
 */
export function parsePartly(source: SourceFile, syntax?: string, largest = usualSize): PartlyParsed {
  checkSize(source, largest)
  const place = placesIn(source)
  const directives = readDirectives(source.text, place)
  checkFrontend(source.text, place, syntax)
  const escapeChar = escapeOf(source.text, directives, place)
  const { statements, warnings: smells } = scan(source, escapeChar, place, directives.at(-1)?.end)
  if (statements.length === 0) throw emptyError(source, place)
  const warnings = [...smells, ...invisibleCharacters(source.text, place)]
  const read = readInstructions(statements)
  const { globalArgs, stages, error = read.error } = intoStages(read.instructions)
  const problem = error ?? noStages(stages, globalArgs)
  const head = { source, escape: escapeChar, directives: directives.map((found) => shown(found, place)) }
  return { dockerfile: { ...head, globalArgs, stages, warnings }, ...(problem && { error: problem }) }
}

function readInstructions(statements: readonly Statement[]): {
  readonly instructions: readonly Instruction[]
  readonly error?: TsbuildError
} {
  const instructions: Instruction[] = []
  for (const statement of statements) {
    try {
      instructions.push(readInstruction(statement))
    } catch (error) {
      if (error instanceof TsbuildError) return { instructions, error }
      throw error
    }
  }
  return { instructions }
}

function shown({ name, value, start, end }: Directive, place: Places): Dockerfile['directives'][number] {
  return { name, value, at: place(start, end) }
}

function checkSize({ name, text }: SourceFile, largest: number): void {
  if (Buffer.byteLength(text) <= largest) return
  throw new TsbuildError('TSB_DOCKERFILE_TOO_LARGE', `${name} is larger than ${shownBytes(largest)}`, {
    hint: `keep data in files of the build context and COPY them; ${limitHint('dockerfile-bytes')}`,
  })
}

function emptyError({ name, text }: SourceFile, place: Places): TsbuildError {
  const hint = 'a Dockerfile begins with FROM'
  const problem = `file with no instructions: ${name}`
  if (text === '') {
    return new TsbuildError('TSB_DOCKERFILE_EMPTY', `the Dockerfile cannot be empty: ${problem}`, { hint })
  }
  const end = text.endsWith('\n') ? text.length - 1 : text.length
  const start = text.slice(0, end).lastIndexOf('\n') + 1
  const reason = text.trim() === '' ? 'is empty' : 'has only comments'
  return new TsbuildError('TSB_DOCKERFILE_EMPTY', `${problem} ${reason}`, { at: place(start, end), hint })
}

function intoStages(
  instructions: readonly Instruction[],
): Pick<Dockerfile, 'globalArgs' | 'stages'> & { readonly error?: TsbuildError } {
  const globalArgs: ArgInstruction[] = []
  const stages: { from: FromInstruction; instructions: StageInstruction[] }[] = []
  for (const instruction of instructions) {
    const stage = stages.at(-1)
    if (instruction.kind === 'from') stages.push({ from: instruction, instructions: [] })
    else if (stage) stage.instructions.push(instruction)
    else if (instruction.kind === 'arg') globalArgs.push(instruction)
    else
      return { globalArgs, stages: [], error: noStage('no build stage in current context', misplaced, instruction.at) }
  }
  return { globalArgs, stages: stages.map(withName) }
}

const misplaced = 'only ARG may stand before the first FROM'

function noStages(stages: readonly Stage[], globalArgs: readonly ArgInstruction[]): TsbuildError | undefined {
  if (stages.length > 0) return undefined
  return noStage('dockerfile contains no stages to build', 'add a FROM below', globalArgs.at(-1)?.at)
}

function withName({ from, instructions }: Omit<Stage, 'name'>): Stage {
  return { from, ...(from.alias && { name: from.alias.text.toLowerCase() }), instructions }
}

function noStage(message: string, hint: string, at: SourceRange | undefined): TsbuildError {
  return new TsbuildError('TSB_NO_STAGE', message, { at, hint })
}
