import type { Dockerfile } from '../parser/index.ts'
import { globalVariables } from './globals.ts'
import type { PlanRequest } from './request.ts'
import { type LinkedStage, linkStages } from './stages/link.ts'
import { reachedFirst } from './stages/need.ts'
import type { ImageRef } from './stages/ref.ts'
import { findTarget } from './stages/target.ts'
import { createBudget } from './words/index.ts'

/** What a build asks for first, as far as the file tells: triggers of images are known when these are. */
export interface Wanted {
  /** In no order. */
  readonly images: readonly ImageRef[]
  /** Sources in the build context, each once, as COPY and ADD have them that take all of it; not those that a variable is in. */
  readonly sources: readonly string[]
}

/** @throws {TsbuildError} as `plan` does for names */
export function wantedFirst(dockerfile: Dockerfile, request: PlanRequest): Wanted {
  const reading = { escape: dockerfile.escape, budget: createBudget(request.limits) }
  const globals = globalVariables(dockerfile, request, reading)
  const linker = linkStages(dockerfile, request, globals, reading)
  const { stages, images } = reachedFirst(linker, findTarget(dockerfile, request.target))
  return { images, sources: [...new Set(stages.flatMap(sourcesOf))] }
}

function sourcesOf({ instructions }: LinkedStage): readonly string[] {
  return instructions.flatMap((line) => {
    if (line.kind !== 'add' && (line.kind !== 'copy' || line.from || line.parents)) return []
    if (line.excludes.length > 0) return []
    return line.sources.map(({ text }) => text).filter((text) => !/\$|:\/\/|^git@/.test(text))
  })
}
