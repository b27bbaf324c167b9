import { TsbuildError } from '../errors.ts'
import { parsePartly, type Stage, type StageInstruction } from '../parser/index.ts'

/** An instruction of a stage, and what stands before and after it. */
export interface Surroundings {
  /** Undefined where none begins in that line. */
  readonly instruction: StageInstruction | undefined
  /** Also that of the stages which the stage stands on. */
  readonly before: readonly StageInstruction[]
  /** Also that of the stages which stand on the stage. */
  readonly after: readonly StageInstruction[]
}

/**
 * @param text of a Dockerfile; nothing stands in one that cannot be read
 * @param line in which the instruction begins, from 1 on
 */
export function instructionsAround(text: string, line: number): Surroundings {
  const stages = stagesOf(text)
  const own = stages.findLastIndex(({ from }) => lineOf(from) <= line)
  const [below, above] = [stagesBelow(stages, own), stagesAbove(stages, own)]
  const inStage = stages[own]?.instructions ?? []
  return {
    instruction: inStage.find((instruction) => lineOf(instruction) === line),
    before: [...below, ...inStage].filter((instruction) => lineOf(instruction) < line),
    after: [...inStage, ...above].filter((instruction) => lineOf(instruction) > line),
  }
}

function stagesOf(text: string): readonly Stage[] {
  try {
    return parsePartly({ name: 'Dockerfile', text }).dockerfile.stages
  } catch (error) {
    if (error instanceof TsbuildError) return []
    throw error
  }
}

function lineOf({ at }: Pick<StageInstruction, 'at'>): number {
  return at.start.line + 1
}

function stagesBelow(stages: readonly Stage[], index: number): readonly StageInstruction[] {
  const below = baseOf(stages, index)
  return below < 0 ? [] : [...stagesBelow(stages, below), ...(stages[below]?.instructions ?? [])]
}

function stagesAbove(stages: readonly Stage[], index: number): readonly StageInstruction[] {
  return stages.flatMap(({ instructions }, i) =>
    i > index && baseOf(stages, i) === index ? [...instructions, ...stagesAbove(stages, i)] : [],
  )
}

/** The stage that one stands on; -1 for none. */
function baseOf(stages: readonly Stage[], index: number): number {
  const base = stages[index]?.from.image.text.toLowerCase()
  return stages.findLastIndex(({ name }, i) => i < index && name !== undefined && name === base)
}
