import { TsbuildError } from '../../errors.ts'
import type { Platform } from '../../image/index.ts'
import type { Dockerfile } from '../../parser/index.ts'
import type { SourceRange } from '../../source.ts'
import type { Reading } from '../expand.ts'
import type { PlanRequest } from '../request.ts'
import type { Variables } from '../variables.ts'
import { namedContexts } from './contexts.ts'
import { checkReference, fromName, fromPlatform, unsetHint } from './from.ts'
import { stageNames } from './names.ts'
import type { Ref } from './ref.ts'

/** What a name means, by the place that asks. Named contexts come first, then stages, then images. */
export interface Resolver {
  /** The named context that stands in for a stage. */
  standIn(index: number): Ref | undefined
  /** What the FROM of a stage names: an earlier stage exactly as it is spelled, else something outside the file. */
  base(index: number): Ref
  /** A stage by name in any case, else something outside. A stage that does not come earlier is found too, for the error. */
  byName(name: string, index: number, at: SourceRange): Ref
  /** @throws {TsbuildError} TSB_STAGE_INDEX */
  byIndex(index: number, at: SourceRange): Ref
}

export function createResolver(
  { stages }: Dockerfile,
  request: PlanRequest,
  globals: Variables,
  reading: Reading,
): Resolver {
  const names = stageNames(stages)
  const contexts = namedContexts(request)
  const platforms = stages.map(({ from }) => fromPlatform(from, request, globals, reading) ?? request.platform)
  const platformOf = (index: number) => platforms[index] ?? request.platform
  const standIns = stages.map(({ name, from }, index) =>
    name === undefined ? undefined : contexts.find(name, platformOf(index), from.image.at),
  )
  const stageRef = (index: number): Ref => standIns[index] ?? { kind: 'stage', index }

  const outside = (name: string, platform: Platform, at: SourceRange, hint?: string): Ref => {
    if (name === 'scratch') return { kind: 'scratch' }
    const context = contexts.find(name, platform, at)
    if (context) return context
    checkReference(name, at, hint)
    return { kind: 'image', reference: name, platform, at }
  }

  return {
    standIn: (index) => standIns[index],
    base: (index) => {
      const stage = stages[index]
      if (!stage) throw new Error(`no stage ${index}`)
      const name = fromName(stage.from, globals, reading)
      const found = names.find(name, index)
      if (found !== undefined && found < index) return stageRef(found)
      const { image } = stage.from
      return outside(name, platformOf(index), image.at, unsetHint(image, globals))
    },
    byName: (name, index, at) => {
      const found = names.find(name.toLowerCase(), index)
      if (found !== undefined) return stageRef(found)
      const ref = outside(name, request.platform, at)
      return ref.kind === 'image' ? { ...ref, orStage: true } : ref
    },
    byIndex: (index, at) => {
      if (index >= 0 && index < stages.length) return stageRef(index)
      const hint = `this file has stages 0 to ${stages.length - 1}`
      throw new TsbuildError('TSB_STAGE_INDEX', `invalid stage index ${index}`, { at, hint })
    },
  }
}
