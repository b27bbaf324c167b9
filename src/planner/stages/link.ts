import { TsbuildError } from '../../errors.ts'
import type { CopyInstruction, Dockerfile, Stage, StageInstruction, Word } from '../../parser/index.ts'
import type { SourceRange } from '../../source.ts'
import { expandGlobal, type Reading } from '../expand.ts'
import type { PlanRequest } from '../request.ts'
import type { Variables } from '../variables.ts'
import type { Ref } from './ref.ts'
import { createResolver, type Resolver } from './resolver.ts'

/** What the names in some instructions lead to. */
export interface Links {
  /** COPY --from. */
  readonly copies: ReadonlyMap<CopyInstruction, Ref>
  /** `from=` of mounts, by the text. */
  readonly mounts: ReadonlyMap<string, Ref>
  /** Each of them, with the place that asks. */
  readonly edges: readonly Edge[]
}

export interface Edge {
  readonly to: Ref
  readonly at: SourceRange
}

/** A stage whose names are known. */
export interface LinkedStage {
  readonly index: number
  readonly stage: Stage
  readonly base: Ref
  /** None when a named context stands in for the stage. */
  readonly instructions: readonly StageInstruction[]
  readonly links: Links
}

/** Finds what the names in a file mean. */
export interface Linker {
  readonly stages: readonly LinkedStage[]
  /** Links instructions as if they stood in a stage: for the triggers that its base brings. */
  link(instructions: readonly StageInstruction[], index: number): Links
}

/** Links every stage, also those that the target does not need: a name that cannot be is an error anywhere. */
export function linkStages(dockerfile: Dockerfile, request: PlanRequest, globals: Variables, reading: Reading): Linker {
  const resolver = createResolver(dockerfile, request, globals, reading)
  const link = (instructions: readonly StageInstruction[], index: number) =>
    linkInstructions(instructions, index, resolver, reading)
  const stages = dockerfile.stages.map((stage, index): LinkedStage => {
    const standIn = resolver.standIn(index)
    const instructions = standIn ? [] : stage.instructions
    return { index, stage, base: standIn ?? resolver.base(index), instructions, links: link(instructions, index) }
  })
  return { stages, link }
}

function linkInstructions(
  instructions: readonly StageInstruction[],
  index: number,
  resolver: Resolver,
  reading: Reading,
): Links {
  const copies = new Map<CopyInstruction, Ref>()
  const mounts = new Map<string, Ref>()
  const edges: Edge[] = []
  for (const instruction of instructions) {
    if (instruction.kind === 'copy' && instruction.from) {
      const to = copySource(instruction.from, index, resolver, reading)
      copies.set(instruction, to)
      edges.push({ to, at: instruction.from.at })
    }
    for (const { text, at } of mountSources(instruction)) {
      const to = resolver.byName(text, index, at)
      mounts.set(text, to)
      edges.push({ to, at })
    }
  }
  return { copies, mounts, edges }
}

/** A number is the place of a stage, anything else a name. */
function copySource({ text, at }: Word, index: number, resolver: Resolver, reading: Reading): Ref {
  refuseVariable({ text, at }, reading)
  return /^[+-]?\d+$/.test(text) ? resolver.byIndex(Number(text), at) : resolver.byName(text, index, at)
}

function refuseVariable({ text, at }: Word, reading: Reading): void {
  if (expandGlobal({ text, at }, new Map(), reading) === text) return
  throw new TsbuildError(
    'TSB_FROM_VARIABLE',
    'variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround',
    { at, hint: `add FROM ${text} AS NAME above this stage and use --from=NAME` },
  )
}

function mountSources(instruction: StageInstruction): readonly Word[] {
  if (instruction.kind !== 'run') return []
  return instruction.mounts.flatMap(({ fields }) => {
    const from = fields.findLast(({ key }) => key === 'from')
    return from?.value ? [{ text: from.value, at: from.at }] : []
  })
}
