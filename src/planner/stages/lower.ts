import { TsbuildError } from '../../errors.ts'
import type { OpId } from '../../graph/index.ts'
import { withoutLogins } from '../../logins.ts'
import type { StageInstruction } from '../../parser/index.ts'
import type { SourceRange } from '../../source.ts'
import { checkBasePlatform } from '../checks/base-platform.ts'
import type { Checks } from '../checks/checks.ts'
import type { IsIgnored } from '../checks/ignored-sources.ts'
import type { GraphBuilder } from '../graph-builder.ts'
import { lower } from '../instructions/lower.ts'
import type { PlanRequest } from '../request.ts'
import type { StageScope } from '../scope.ts'
import type { StageState } from '../state.ts'
import type { Variables } from '../variables.ts'
import type { Budget } from '../words/index.ts'
import type { Bases } from './bases.ts'
import { contextLabel, contextLayer } from './context-names.ts'
import type { NeededStage } from './need.ts'
import { imageKey, type Ref } from './ref.ts'
import { addImage, addScratch, startFromContext, startFromImage, startFromScratch, startFromStage } from './start.ts'

/** What all stages share. */
export interface FileScope {
  readonly request: PlanRequest
  readonly globals: Variables
  readonly escape: '\\' | '`'
  readonly graph: GraphBuilder
  readonly budget: Budget
  readonly labelBudget: Budget
  readonly bases: Bases
  /** More than one stage: progress names them. */
  readonly named: boolean
  readonly checks: Checks
  readonly isIgnored: IsIgnored | undefined
}

/** Lowers stages in the order of the file; each sees those before it. */
export function lowerStages(stages: readonly NeededStage[], file: FileScope): ReadonlyMap<number, StageState> {
  const lowered = new Map<number, StageState>()
  for (const stage of stages) lowered.set(stage.index, lowerStage(stage, lowered, file))
  return lowered
}

function lowerStage(stage: NeededStage, lowered: ReadonlyMap<number, StageState>, file: FileScope): StageState {
  const scope = stageScope(stage, lowered, file)
  const triggered = { ...scope, onbuild: true }
  const started = startStage(stage, lowered, file, scope)
  const ready = stage.triggers.reduce(
    (state, instruction) => lowerTrigger(state, instruction, triggered, stage),
    started,
  )
  return stage.instructions.reduce((state, instruction) => {
    const warn = file.checks.warnAt(instruction.comments)
    return lower(state, instruction, warn === scope.warn ? scope : { ...scope, warn })
  }, ready)
}

/** A trigger stands in no line of the file: what is wrong with it is told with its text and where it is from. */
function lowerTrigger(
  state: StageState,
  instruction: StageInstruction,
  scope: StageScope,
  { stage }: NeededStage,
): StageState {
  try {
    return lower(state, instruction, scope)
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error
    const message = `${error.message} (ONBUILD ${withoutLogins(instruction.text)} of ${stage.from.image.text})`
    throw new TsbuildError(error.code, message, { at: stage.from.at, hint: error.hint, cause: error })
  }
}

function stageScope(stage: NeededStage, lowered: ReadonlyMap<number, StageState>, file: FileScope): StageScope {
  const filesOf = (ref: Ref | undefined, verb: 'copy' | 'mount', name: string, at: SourceRange): OpId => {
    if (!ref) throw new Error(`not linked: ${name}`)
    if (ref.kind !== 'stage') return outsideFiles(ref, at, file)
    const source = lowered.get(ref.index)
    if (source) return source.snapshot
    throw orderError(verb, name, stage, at)
  }
  return {
    request: file.request,
    globals: file.globals,
    escape: file.escape,
    graph: file.graph,
    budget: file.budget,
    labelBudget: file.labelBudget,
    name: file.named ? nameOf(stage) : undefined,
    total: countSteps(stage),
    noCache: isUncached(stage, file.request),
    onbuild: false,
    copySource: (instruction) => {
      const ref = stage.links.copies.get(instruction) ?? stage.triggerLinks.copies.get(instruction)
      return filesOf(ref, 'copy', instruction.from?.text ?? '', instruction.from?.at ?? instruction.at)
    },
    mountSource: (name, at) => {
      const ref = stage.links.mounts.get(name) ?? stage.triggerLinks.mounts.get(name)
      return filesOf(ref, 'mount', name, at)
    },
    isIgnored: file.isIgnored,
    warn: file.checks.warn,
  }
}

function startStage(
  stage: NeededStage,
  lowered: ReadonlyMap<number, StageState>,
  file: FileScope,
  scope: StageScope,
): StageState {
  const {
    base,
    stage: { from },
  } = stage
  switch (base.kind) {
    case 'scratch':
      return startFromScratch(scope)
    case 'context':
      return startFromContext(outsideFiles(base, from.at, file), contextLayer(base.name, file.request), stage, scope)
    case 'image':
      return startFromImage(baseOf(base, from.at, file), base.platform, stage, scope)
    case 'stage': {
      const below = lowered.get(base.index)
      if (!below) throw new Error(`stage ${base.index} is not lowered yet`)
      return startFromStage(below)
    }
  }
}

/** The files of what is no stage. */
function outsideFiles(ref: Exclude<Ref, { kind: 'stage' }>, at: SourceRange, file: FileScope): OpId {
  switch (ref.kind) {
    case 'scratch':
      return addScratch(file.graph)
    case 'context':
      return file.graph.add({ kind: 'context', name: ref.name }, { label: contextLabel(ref.name, file.request) })
    case 'image':
      return addImage(baseOf(ref, at, file), file.graph)
  }
}

/** The image that the instruction at a place asks for. */
function baseOf(ref: Extract<Ref, { kind: 'image' }>, at: SourceRange, file: FileScope) {
  const base = file.bases.get(imageKey(ref))
  if (!base) throw new Error(`image ${ref.reference} is not resolved`)
  checkBasePlatform(ref.reference, base.config, ref.platform, at, file.checks.warn)
  return base
}

/** FROM of something outside the file, and every instruction that may make a layer. */
function countSteps({ base, triggers, instructions }: NeededStage): number {
  const makesLayer = ({ kind }: StageInstruction) => ['add', 'copy', 'run', 'workdir'].includes(kind)
  const from = base.kind === 'image' || base.kind === 'context' ? 1 : 0
  return from + triggers.filter(makesLayer).length + instructions.filter(makesLayer).length
}

function isUncached({ stage }: NeededStage, { noCache }: PlanRequest): boolean {
  if (typeof noCache === 'boolean') return noCache
  return noCache.some((name) => name.toLowerCase() === stage.name)
}

function orderError(verb: 'copy' | 'mount', name: string, stage: NeededStage, at: SourceRange): TsbuildError {
  const [wanted, current] = [JSON.stringify(name), JSON.stringify(nameOf(stage))]
  const message = `cannot ${verb} from stage ${wanted}, it needs to be defined before current stage ${current}`
  return new TsbuildError('TSB_STAGE_ORDER', message, { at, hint: `move stage ${wanted} above stage ${current}` })
}

function nameOf({ stage, index }: NeededStage): string {
  return stage.name ?? `stage-${index}`
}
