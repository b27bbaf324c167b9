import { TsbuildError } from '../../errors.ts'
import type { Dockerfile } from '../../parser/index.ts'
import type { SourceRange } from '../../source.ts'
import { globalVariables } from '../globals.ts'
import type { PlanRequest } from '../request.ts'
import type { Variables } from '../variables.ts'
import { createBudget } from '../words/index.ts'
import type { Checks } from './checks.ts'
import { checkDefaultImages } from './default-images.ts'
import { checkFromArguments } from './from-arguments.ts'
import { checkHiddenArguments } from './hidden-arguments.ts'
import { checkInstructionCasing } from './instruction-casing.ts'
import { checkInstructions } from './instruction-checks.ts'
import { checkStageNames } from './stage-names.ts'

/** What can be said of a file as far as it was read: all of it, or up to the line with the parse error. */
export function checkText(dockerfile: Dockerfile, { findings = [] }: PlanRequest, checks: Checks): void {
  for (const finding of findings) checks.warn(finding)
  for (const { rule, message, at } of dockerfile.warnings) {
    if (rule === 'NoEmptyContinuation') checks.warn({ rule, message: 'Empty continuation line', at: lastLine(at) })
    else checks.warn({ rule: 'tsbuild/InvisibleCharacter', message, at })
  }
  checkInstructions(dockerfile, checks)
}

/** What can be said of a whole file without an image. `globals` are the ARGs before the first FROM. */
export function checkFile(dockerfile: Dockerfile, request: PlanRequest, globals: Variables, checks: Checks): void {
  const { stages } = dockerfile
  checkStageNames(stages, checks.warn)
  checkInstructionCasing(stages, checks.warn)
  const defaults = defaultVariables(dockerfile, request)
  if (defaults) checkDefaultImages(dockerfile, defaults, checks.warn)
  checkFromArguments(dockerfile, { globals, buildPlatform: request.buildPlatform }, checks)
  checkHiddenArguments(stages, checks)
}

function lastLine({ source, end }: SourceRange): SourceRange {
  return { source, start: { line: end.line, column: 0 }, end }
}

function defaultVariables(dockerfile: Dockerfile, request: PlanRequest): Variables | undefined {
  try {
    const reading = { escape: dockerfile.escape, budget: createBudget(request.limits) }
    return globalVariables(dockerfile, request, reading, new Map())
  } catch (error) {
    if (error instanceof TsbuildError) return undefined
    throw error
  }
}
