import type { Dockerfile } from '../../parser/index.ts'
import type { PlanRequest } from '../request.ts'
import type { Variables } from '../variables.ts'
import { createBudget, expandWord, lookupIn } from '../words/index.ts'
import { descriptionOf } from './description.ts'
import { type OutlineArgument, outlineArgument } from './parameter.ts'

/** An ARG before the first FROM. */
export interface GlobalArgument {
  readonly argument: OutlineArgument
  /** The variables that its default is made of. */
  readonly uses: ReadonlySet<string>
}

/**
 * The ARGs before the first FROM, by name; the last of a name counts.
 * @param globals their values
 */
export function globalArguments(
  { globalArgs, escape: escapeChar }: Dockerfile,
  { buildArgs, limits }: PlanRequest,
  globals: Variables,
): ReadonlyMap<string, GlobalArgument> {
  const found = new Map<string, GlobalArgument>()
  const budget = createBudget(limits)
  for (const { args, comments, at } of globalArgs) {
    for (const { name, value } of args) {
      const argument = outlineArgument(name, globals.get(name), descriptionOf(name, comments), at)
      const written = buildArgs.has(name) ? '' : (value?.text ?? '')
      found.set(name, { argument, uses: expandWord(written, lookupIn(globals), escapeChar, budget).used })
    }
  }
  return found
}
