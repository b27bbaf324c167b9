import type { Dockerfile } from '../../parser/index.ts'
import { globalVariables } from '../globals.ts'
import { OrderedMap } from '../ordered-map.ts'
import type { PlanRequest } from '../request.ts'
import { refuseCycles } from '../stages/cycles.ts'
import { linkStages } from '../stages/link.ts'
import { findNeededStages, type NeededStage } from '../stages/need.ts'
import { findTarget } from '../stages/target.ts'
import { createBudget, expandWord, lookupIn } from '../words/index.ts'
import { descriptionOf } from './description.ts'
import { type GlobalArgument, globalArguments } from './global-arguments.ts'
import type { OutlineArgument, OutlineCache, OutlineMount } from './parameter.ts'
import { type OutlineScope, readParameters, type StageParameters } from './stage-parameters.ts'

/** What a target can be given, in the order of the file. */
export interface Outline {
  /** Of the stage, in lower case; absent when it has none. */
  readonly name?: string
  /** Of a comment `# NAME text` above its FROM. */
  readonly description?: string
  readonly args: readonly OutlineArgument[]
  readonly secrets: readonly OutlineMount[]
  readonly ssh: readonly OutlineMount[]
  readonly caches: readonly OutlineCache[]
}

/**
 * What the target of a request, the last stage by default, and the stages it needs can be given. Knows the file alone: no
 * image is asked, so that variables and ONBUILD triggers of base images are not seen.
 * @throws {TsbuildError} for what is wrong in the stages that are needed, as planning a build does
 */
export function outline(dockerfile: Dockerfile, request: PlanRequest): Outline {
  const { escape: escapeChar } = dockerfile
  const reading = { escape: escapeChar, budget: createBudget(request.limits) }
  const globals = globalVariables(dockerfile, request, reading)
  const linker = linkStages(dockerfile, request, globals, reading)
  const target = findTarget(dockerfile, request.target)
  refuseCycles(linker.stages)
  const scope = { request, globals, escape: escapeChar, budget: reading.budget }
  const stages = inOrderOfUse(target, readStages(findNeededStages(linker, target), scope))
  const known = globalArguments(dockerfile, request, globals)
  const { name, from } = stages[0]?.needed.stage ?? {}
  const description = name === undefined ? undefined : descriptionOf(name, from?.comments ?? [])
  return {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    args: inOrderOfFile(stages.flatMap((stage) => argumentsOf(stage, known, scope))),
    secrets: inOrderOfFile(stages.flatMap(({ parameters }) => [...parameters.secrets.values()])),
    ssh: inOrderOfFile(stages.flatMap(({ parameters }) => [...parameters.ssh.values()])),
    caches: inOrderOfFile(stages.flatMap(({ parameters }) => [...parameters.caches.values()])),
  }
}

interface ReadStage {
  readonly needed: NeededStage
  readonly parameters: StageParameters
}

function readStages(needed: readonly NeededStage[], scope: OutlineScope): ReadonlyMap<number, ReadStage> {
  const read = new Map<number, ReadStage>()
  for (const stage of needed) {
    const below = stage.base.kind === 'stage' ? read.get(stage.base.index) : undefined
    const instructions = [...stage.triggers, ...stage.instructions]
    const parameters = readParameters(instructions, below?.parameters.variables ?? OrderedMap.empty(), scope)
    read.set(stage.index, { needed: stage, parameters })
  }
  return read
}

/** The target, what it is built from, then what it copies from: what two of them ask for is told of the first. */
function inOrderOfUse(target: number, stages: ReadonlyMap<number, ReadStage>): readonly ReadStage[] {
  const found = new Map<number, ReadStage>()
  const open = [target]
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    const stage = stages.get(index)
    if (!stage || found.has(index)) continue
    found.set(index, stage)
    const { base, links, triggerLinks } = stage.needed
    const refs = [base, ...triggerLinks.edges.map(({ to }) => to), ...links.edges.map(({ to }) => to)]
    open.push(...refs.flatMap((ref) => (ref.kind === 'stage' ? [ref.index] : [])).reverse())
  }
  return [...found.values()]
}

/** The ARGs of a stage, and the global ones that its FROM, its ARGs and their defaults use. */
function argumentsOf(
  { needed: { stage }, parameters }: ReadStage,
  known: ReadonlyMap<string, GlobalArgument>,
  { globals, escape: escapeChar, budget }: OutlineScope,
): readonly OutlineArgument[] {
  const inFrom = [stage.from.image, stage.from.platform].flatMap((word) =>
    word ? [...expandWord(word.text, lookupIn(globals), escapeChar, budget).used] : [],
  )
  const open = [...inFrom, ...parameters.inherited, ...parameters.args.keys()]
  const used = new Map<string, OutlineArgument>(parameters.args)
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const global = known.get(name)
    if (!global || used.has(name)) continue
    used.set(name, global.argument)
    open.push(...global.uses)
  }
  return [...used.values()]
}

/** Each name once, as the first one has it. */
function inOrderOfFile<T extends OutlineArgument | OutlineCache>(parameters: readonly T[]): readonly T[] {
  const byName = new Map<string, T>()
  for (const parameter of parameters) if (!byName.has(parameter.name)) byName.set(parameter.name, parameter)
  return [...byName.values()].sort((a, b) => a.at.start.line - b.at.start.line)
}
