import type { KeyChange } from '../executor/index.ts'
import type { StageInstruction } from '../parser/index.ts'
import type { Advice } from './advice.ts'
import { instructionsAround, type Surroundings } from './instructions.ts'
import type { BuildRecord, StepRecord } from './record.ts'

type Variable = Extract<KeyChange, { readonly kind: 'variable' }>

/** Each RUN below an ARG or an ENV has its value in its key, whether its command says so or not. */
export function variablesTooEarly(
  { lines }: StepRecord,
  changes: readonly KeyChange[],
  { dockerfile }: BuildRecord,
): readonly Advice[] {
  if (!lines || dockerfile?.text === undefined) return []
  const place = instructionsAround(dockerfile.text, lines.start)
  const variables = changes.filter((change) => change.kind === 'variable')
  const found = variables.flatMap((variable) => followed(variable, place) ?? [])
  const follow = new Set(found.flatMap(({ variable, names }) => [...names].filter((name) => name !== variable.name)))
  return found.filter(({ variable }) => !follow.has(variable.name)).map((one) => adviceOf(one, place))
}

/** A variable that the step ran for, and what has its value between its declaration and the step. */
interface Followed {
  readonly variable: Variable
  /** Itself and those that are made of it. */
  readonly names: ReadonlySet<string>
  /** The keywords of instructions that could stand lower. */
  readonly movable: readonly string[]
  /** Whether an instruction that has to stand where it stands uses it. */
  readonly isNeeded: boolean
}

/** What can stand anywhere below and means the same for the image. */
const moved = new Set(['ARG', 'ENV', 'LABEL', 'EXPOSE', 'VOLUME', 'CMD', 'ENTRYPOINT', 'HEALTHCHECK', 'STOPSIGNAL'])

/** Undefined for one that the step does use, or that no instruction declares. */
function followed(variable: Variable, { before, instruction }: Surroundings): Followed | undefined {
  const declares = (one: StageInstruction) =>
    one.kind === (variable.argument ? 'arg' : 'env') && namesSet(one).includes(variable.name)
  const declared = before.findLastIndex(declares)
  if (declared < 0 || !instruction) return undefined
  const names = new Set([variable.name])
  const users = before.slice(declared + 1).filter((instruction) => {
    const isUser = uses(instruction, names)
    if (isUser) for (const name of namesSet(instruction)) names.add(name)
    return isUser
  })
  if (uses(instruction, names)) return undefined
  const keywords = [...new Set(users.map(({ keyword }) => keyword.toUpperCase()))]
  const movable = keywords.filter((keyword) => moved.has(keyword))
  return { variable, names, movable, isNeeded: movable.length < keywords.length }
}

function keywordOf({ argument }: Variable): 'ARG' | 'ENV' {
  return argument ? 'ARG' : 'ENV'
}

/** Those that ARG declares, or ENV sets. */
function namesSet(instruction: StageInstruction): readonly string[] {
  if (instruction.kind === 'arg') return instruction.args.map(({ name }) => name)
  return instruction.kind === 'env' ? instruction.pairs.map(({ name }) => name.text) : []
}

/** A command sees a variable as one of its environment too; all else has its value only where a `$` stands. */
function uses(instruction: StageInstruction, names: ReadonlySet<string>): boolean {
  const bodies = 'heredocs' in instruction ? instruction.heredocs.map(({ text }) => text) : []
  const text = [instruction.text, ...bodies].join('\n')
  const sign = instruction.kind === 'run' ? '\\b' : '\\$\\{?'
  return [...names].some((name) => /^\w+$/.test(name) && new RegExp(`${sign}${name}\\b`).test(text))
}

function adviceOf(followed: Followed, place: Surroundings): Advice {
  const { name, argument } = followed.variable
  return {
    kind: argument ? 'argument-too-early' : 'variable-too-early',
    text: `the command does not name ${name}, and ran for its value all the same: ${wayOut(followed, place)}`,
  }
}

function wayOut({ variable, names, movable, isNeeded }: Followed, { after }: Surroundings): string {
  const declaration = `${keywordOf(variable)} ${variable.name}`
  if (isNeeded) return `move this step above ${declaration}, if it can do without what stands between`
  if (movable.length > 0) return `move ${declaration} and what uses it (${movable.join(', ')}) below this step`
  if (!variable.argument) return `move ${declaration} below this step, unless the command reads it`
  const isUsed = after.some((instruction) => uses(instruction, names))
  if (isUsed) return `declare ${declaration} below this step, just above the first one that uses it`
  return `nothing uses it: remove ${declaration}, unless a command reads it`
}
