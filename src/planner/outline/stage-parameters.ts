import { atPlace } from '../../errors.ts'
import type { ArgInstruction, Dockerfile, RunInstruction, StageInstruction, Word } from '../../parser/index.ts'
import { agentId, cacheId, secretId } from '../mounts/ids.ts'
import { parseMount } from '../mounts/spec.ts'
import type { OrderedMap } from '../ordered-map.ts'
import type { PlanRequest } from '../request.ts'
import type { Variables } from '../variables.ts'
import { type Budget, expandWord, lookupIn } from '../words/index.ts'
import { descriptionOf } from './description.ts'
import { type OutlineArgument, type OutlineCache, type OutlineMount, outlineArgument } from './parameter.ts'

/** What one stage asks for, by name, and what its variables are at its end. */
export interface StageParameters {
  /** Its own ARGs. One that only takes over the value of a global ARG is in `inherited` instead. */
  readonly args: ReadonlyMap<string, OutlineArgument>
  readonly inherited: ReadonlySet<string>
  readonly secrets: ReadonlyMap<string, OutlineMount>
  readonly ssh: ReadonlyMap<string, OutlineMount>
  readonly caches: ReadonlyMap<string, OutlineCache>
  readonly variables: OrderedMap<string>
}

/** What the stages of a file share. */
export interface OutlineScope {
  readonly request: PlanRequest
  readonly globals: Variables
  readonly escape: Dockerfile['escape']
  readonly budget: Budget
}

/**
 * Reads what the instructions of a stage ask for.
 * @param start the variables of the stage it is built from
 * @throws {TsbuildError} for values and mounts that cannot be read
 */
export function readParameters(
  instructions: readonly StageInstruction[],
  start: OrderedMap<string>,
  scope: OutlineScope,
): StageParameters {
  const reader = new ParameterReader(start, scope)
  for (const instruction of instructions) reader.read(instruction)
  return reader
}

class ParameterReader implements StageParameters {
  readonly args = new Map<string, OutlineArgument>()
  readonly inherited = new Set<string>()
  readonly secrets = new Map<string, OutlineMount>()
  readonly ssh = new Map<string, OutlineMount>()
  readonly caches = new Map<string, OutlineCache>()
  variables: OrderedMap<string>
  readonly #scope: OutlineScope

  constructor(start: OrderedMap<string>, scope: OutlineScope) {
    this.variables = start
    this.#scope = scope
  }

  read(instruction: StageInstruction): void {
    if (instruction.kind === 'arg') for (const arg of instruction.args) this.#readArgument(arg, instruction)
    if (instruction.kind === 'run') this.#readMounts(instruction)
    if (instruction.kind !== 'env') return
    const pairs = instruction.pairs.map(({ name, value }) => [this.#expand(name), this.#expand(value)] as const)
    for (const [name, value] of pairs) this.variables = this.variables.withLast(name, value)
  }

  #readArgument({ name, value: written }: ArgInstruction['args'][number], { comments, at }: ArgInstruction): void {
    const { request, globals } = this.#scope
    const own = request.buildArgs.get(name) ?? (written && this.#expand(written))
    const value = own ?? globals.get(name)
    if (own === undefined && value !== undefined) this.inherited.add(name)
    else this.args.set(name, outlineArgument(name, own, descriptionOf(name, comments), at))
    if (value !== undefined) this.variables = this.variables.withLast(name, value)
  }

  #readMounts({ mounts, at }: RunInstruction): void {
    for (const mount of mounts) {
      const expand = (text: string, place = mount.at) => this.#expand({ text, at: place })
      const spec = parseMount(mount.fields, expand, mount.at)
      const required = spec.required ?? false
      if (spec.type === 'secret') noteMount(this.secrets, { name: secretId(spec), required, at })
      if (spec.type === 'ssh') noteMount(this.ssh, { name: agentId(spec), required, at })
      if (spec.type === 'cache')
        this.caches.set(cacheId(spec), this.caches.get(cacheId(spec)) ?? { name: cacheId(spec), at })
    }
  }

  #expand({ text, at }: Word): string {
    try {
      const { value } = expandWord(text, lookupIn(this.variables), this.#scope.escape, this.#scope.budget)
      this.#scope.budget.spend(value.length, at)
      return value
    } catch (error) {
      throw atPlace(error, at)
    }
  }
}

/** What several mounts ask for stands where the first of them does, and is required when any of them says so. */
function noteMount(known: Map<string, OutlineMount>, mount: OutlineMount): void {
  const earlier = known.get(mount.name)
  known.set(mount.name, earlier ? { ...earlier, required: earlier.required || mount.required } : mount)
}
