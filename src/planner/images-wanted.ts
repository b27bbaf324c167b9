import type { Dockerfile } from '../parser/index.ts'
import { globalVariables } from './globals.ts'
import type { PlanRequest } from './request.ts'
import { linkStages } from './stages/link.ts'
import { firstImages } from './stages/need.ts'
import type { ImageRef } from './stages/ref.ts'
import { findTarget } from './stages/target.ts'
import { createBudget } from './words/index.ts'

/**
 * The images that `plan` will ask for first, as far as the file tells: those that triggers of these bring are known when these are.
 * @throws {TsbuildError} as `plan` does for names
 */
export function imagesWanted(dockerfile: Dockerfile, request: PlanRequest): readonly ImageRef[] {
  const reading = { escape: dockerfile.escape, budget: createBudget(request.limits) }
  const globals = globalVariables(dockerfile, request, reading)
  return firstImages(linkStages(dockerfile, request, globals, reading), findTarget(dockerfile, request.target))
}
