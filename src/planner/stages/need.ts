import { TsbuildError } from '../../errors.ts'
import { parseTrigger, type StageInstruction } from '../../parser/index.ts'
import type { BaseImages } from '../request.ts'
import { type Bases, resolveBases } from './bases.ts'
import type { LinkedStage, Linker, Links } from './link.ts'
import { type ImageRef, imageKey, type Ref } from './ref.ts'

/** A stage that the target needs, with what its base makes it do first. */
export interface NeededStage extends LinkedStage {
  readonly triggers: readonly StageInstruction[]
  readonly triggerLinks: Links
}

export interface Needs {
  /** In the order of the file. */
  readonly stages: readonly NeededStage[]
  readonly bases: Bases
}

/**
 * The stages that some of them need, themselves among them, and their images: through FROM, COPY --from and mounts, also those of ONBUILD triggers.
 * Triggers are known only when their image is, so this goes in rounds; the first one asks for all images of the file.
 */
export async function findNeeds(linker: Linker, wanted: readonly number[], port: BaseImages): Promise<Needs> {
  const names = linker.stages.flatMap(({ stage }) => stage.name ?? [])
  const needed = new Map<number, NeededStage>()
  let bases: Bases = new Map()
  let round: readonly Ref[] = wanted.map((index) => ({ kind: 'stage', index }))
  while (round.length > 0) {
    const { stages, images } = reach(round, linker.stages, needed)
    bases = await resolveBases(images, bases, port, names)
    round = addStages(stages, linker, bases, needed)
  }
  return { stages: inOrder(needed), bases }
}

/** The same as far as the file alone tells: the triggers of images are not known. */
export function findNeededStages(linker: Linker, target: number): readonly NeededStage[] {
  const needed = new Map<number, NeededStage>()
  let round: readonly Ref[] = [{ kind: 'stage', index: target }]
  while (round.length > 0) round = addStages(reach(round, linker.stages, needed).stages, linker, new Map(), needed)
  return inOrder(needed)
}

/** What is asked for first, for a target. */
export function reachedFirst({ stages }: Linker, target: number): Reached {
  return reach([{ kind: 'stage', index: target }], stages, new Map())
}

/** Adds stages to those that are needed; returns what their triggers lead to. */
function addStages(
  stages: readonly LinkedStage[],
  linker: Linker,
  bases: Bases,
  needed: Map<number, NeededStage>,
): readonly Ref[] {
  return stages.flatMap((stage) => {
    const triggers = triggersOf(stage, linker.stages, bases)
    const triggerLinks = linker.link(triggers, stage.index)
    needed.set(stage.index, { ...stage, triggers, triggerLinks })
    return triggerLinks.edges.map(({ to }) => to)
  })
}

function inOrder(needed: ReadonlyMap<number, NeededStage>): readonly NeededStage[] {
  return [...needed.values()].sort((a, b) => a.index - b.index)
}

interface Reached {
  readonly stages: readonly LinkedStage[]
  readonly images: readonly ImageRef[]
}

/** All that can be reached from some places without going through a stage that is known. */
function reach(from: readonly Ref[], stages: readonly LinkedStage[], known: ReadonlyMap<number, unknown>): Reached {
  const found = new Map<number, LinkedStage>()
  const images: ImageRef[] = []
  const open = [...from]
  for (let ref = open.pop(); ref; ref = open.pop()) {
    if (ref.kind === 'image') images.push(ref)
    if (ref.kind !== 'stage' || known.has(ref.index) || found.has(ref.index)) continue
    const stage = stages[ref.index]
    if (!stage) continue
    found.set(ref.index, stage)
    open.push(stage.base)
    for (const { to } of stage.links.edges) open.push(to)
  }
  return { stages: [...found.values()], images }
}

/** The ONBUILD triggers of the image or stage that a stage is built from. They do not come from further below. */
function triggersOf(
  { base, stage }: LinkedStage,
  stages: readonly LinkedStage[],
  bases: Bases,
): readonly StageInstruction[] {
  return triggerTexts(base, stages, bases).map((text) => {
    const instruction = parseTrigger(text, stage.from.at)
    if (instruction.kind !== 'from') return instruction
    throw new TsbuildError('TSB_BAD_TRIGGER', "FROM isn't allowed as an ONBUILD trigger", {
      at: stage.from.at,
      hint: 'use another base: the triggers of this one cannot be carried out',
    })
  })
}

function triggerTexts(base: Ref, stages: readonly LinkedStage[], bases: Bases): readonly string[] {
  if (base.kind === 'image') return bases.get(imageKey(base))?.config.config?.OnBuild ?? []
  if (base.kind !== 'stage') return []
  const instructions = stages[base.index]?.instructions ?? []
  return instructions.flatMap((line) => (line.kind === 'onbuild' ? [line.trigger] : []))
}
