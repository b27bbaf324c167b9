import { TsbuildError } from '../../errors.ts'
import type { Platform } from '../../image/index.ts'
import type { CopyInstruction, Dockerfile, FromInstruction, Stage, StageInstruction } from '../../parser/index.ts'
import type { SourceRange } from '../../source.ts'
import { expandGlobal, type Reading } from '../expand.ts'
import type { PlanRequest } from '../request.ts'
import type { Variables } from '../variables.ts'
import { namedContexts } from './contexts.ts'
import { checkReference, fromName, fromPlatform } from './from.ts'
import { stageNames } from './names.ts'
import type { Ref } from './ref.ts'

/** What the names in some instructions lead to. */
export interface Links {
  /** COPY --from. */
  readonly copies: ReadonlyMap<CopyInstruction, Ref>
  /** `from=` of mounts, by the text. */
  readonly mounts: ReadonlyMap<string, Ref>
  /** Each of them, with the place that asks. */
  readonly edges: readonly { readonly to: Ref; readonly at: SourceRange }[]
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
  const names = stageNames(dockerfile.stages)
  const contexts = namedContexts(request)

  const platforms = dockerfile.stages.map(
    ({ from }) => fromPlatform(from, request, globals, reading) ?? request.platform,
  )
  const standIns = dockerfile.stages.map(({ name, from }, index) => {
    const platform = platforms[index] ?? request.platform
    return name === undefined ? undefined : contexts.find(name, platform, from.image.at)
  })
  /** A stage, or the named context that stands in for it. */
  const stageRef = (index: number): Ref => standIns[index] ?? { kind: 'stage', index }

  const outside = (name: string, platform: Platform, at: SourceRange): Ref => {
    if (name === 'scratch') return { kind: 'scratch' }
    const context = contexts.find(name, platform, at)
    if (context) return context
    checkReference(name, at)
    return { kind: 'image', reference: name, platform, at }
  }
  /** A stage by name in any case; one that does not come earlier is found too, for the error. */
  const byName = (name: string, index: number, at: SourceRange): Ref => {
    const stage = names.find(name.toLowerCase(), index)
    return stage === undefined ? outside(name, request.platform, at) : stageRef(stage)
  }
  const byIndex = (text: string, at: SourceRange): Ref => {
    const index = Number(text)
    if (index >= 0 && index < dockerfile.stages.length) return stageRef(index)
    throw new TsbuildError('TSB_STAGE_INDEX', `invalid stage index ${index}`, {
      at,
      hint: `this file has stages 0 to ${dockerfile.stages.length - 1}`,
    })
  }
  const link = (instructions: readonly StageInstruction[], index: number): Links => {
    const copies = new Map<CopyInstruction, Ref>()
    const mounts = new Map<string, Ref>()
    const edges: { to: Ref; at: SourceRange }[] = []
    for (const instruction of instructions) {
      if (instruction.kind === 'copy' && instruction.from) {
        const { text, at } = instruction.from
        refuseVariable(text, at, reading)
        const to = /^[+-]?\d+$/.test(text) ? byIndex(text, at) : byName(text, index, at)
        copies.set(instruction, to)
        edges.push({ to, at })
      }
      for (const { name, at } of mountSources(instruction)) {
        const to = byName(name, index, at)
        mounts.set(name, to)
        edges.push({ to, at })
      }
    }
    return { copies, mounts, edges }
  }
  const base = (from: FromInstruction, index: number, platform: Platform): Ref => {
    const name = fromName(from, globals, reading)
    const stage = names.find(name, index)
    return stage !== undefined && stage < index ? stageRef(stage) : outside(name, platform, from.image.at)
  }

  const stages = dockerfile.stages.map((stage, index): LinkedStage => {
    const instructions = standIns[index] ? [] : stage.instructions
    const found = standIns[index] ?? base(stage.from, index, platforms[index] ?? request.platform)
    return { index, stage, base: found, instructions, links: link(instructions, index) }
  })
  return { stages, link }
}

function refuseVariable(text: string, at: SourceRange, reading: Reading): void {
  if (expandGlobal({ text, at }, new Map(), reading) === text) return
  throw new TsbuildError(
    'TSB_FROM_VARIABLE',
    'variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround',
    { at, hint: `add FROM ${text} AS NAME above this stage and use --from=NAME` },
  )
}

function mountSources(instruction: StageInstruction): readonly { readonly name: string; readonly at: SourceRange }[] {
  if (instruction.kind !== 'run') return []
  return instruction.mounts.flatMap(({ fields, at }) => {
    const name = fields.findLast(({ key }) => key === 'from')?.value
    return name ? [{ name, at }] : []
  })
}
