import { OrderedMap } from './ordered-map.ts'
import { setVariable, splitVariable, toEnvironment, type Variables } from './variables.ts'

/** Where a variable may have its value from; the stronger come first. */
interface Origins {
  /** ARG and ENV of the stage itself, in the order of the last change. */
  readonly own: OrderedMap<string>
  /** ENV of the file, in this stage and those that it is built from. */
  readonly env: OrderedMap<string>
  /** Those of the image, as it lists them and by name. */
  readonly image: readonly string[]
  readonly imageValues: Variables
  /** What the stages below had set at their ends. */
  readonly below: OrderedMap<string>
}

/**
 * What `$NAME` means at some point of a stage, and what its RUN sees: the image's ENV and the ARGs that have a value. In a
 * stage the later of ENV and ARG wins; in the stages built from it ENV does.
 */
export class StageVariables implements Pick<Variables, 'get' | 'has'> {
  readonly #origins: Origins
  #environment: readonly string[] | undefined
  #inherited: StageVariables | undefined

  private constructor(origins: Origins) {
    this.#origins = origins
  }

  /** @param image `NAME=value`; of a name that comes twice the last counts */
  static ofImage(image: readonly string[]): StageVariables {
    const none = OrderedMap.empty<string>()
    return new StageVariables({ own: none, env: none, image, imageValues: inOrder(image), below: none })
  }

  get(name: string): string | undefined {
    const { own, below } = this.#origins
    return own.get(name) ?? this.environmentValue(name) ?? below.get(name)
  }

  has(name: string): boolean {
    return this.get(name) !== undefined
  }

  /** A name may come twice. */
  *keys(): Generator<string> {
    const { own, env, imageValues, below } = this.#origins
    for (const variables of [below, imageValues, env, own]) yield* variables.keys()
  }

  /** What the image has as ENV, whatever an ARG says. */
  environmentValue(name: string): string | undefined {
    return this.#origins.env.get(name) ?? this.#origins.imageValues.get(name)
  }

  withArg(name: string, value: string): StageVariables {
    return new StageVariables({ ...this.#origins, own: this.#origins.own.withLast(name, value) })
  }

  withEnv(changes: Iterable<readonly [name: string, value: string]>): StageVariables {
    let { own, env } = this.#origins
    for (const [name, value] of changes) [own, env] = [own.withLast(name, value), env.with(name, value)]
    return new StageVariables({ ...this.#origins, own, env })
  }

  /** As a stage sees them that is built from this one. */
  inherited(): StageVariables {
    const { own, below } = this.#origins
    this.#inherited ??= new StageVariables({
      ...this.#origins,
      own: OrderedMap.empty(),
      below: withVariables(below, own),
    })
    return this.#inherited
  }

  /** ENV of the image, `NAME=value`: the first entry of a name keeps its place, new names come last. */
  ofImage(): readonly string[] {
    const { env, image } = this.#origins
    const left = new Map(env)
    const kept = image.map((entry) => {
      const [name] = splitVariable(entry)
      const value = left.get(name)
      left.delete(name)
      return value === undefined ? entry : `${name}=${value}`
    })
    return [...kept, ...toEnvironment(left)]
  }

  /** What a RUN gets, `NAME=value`: names that the stage itself has changed come last. */
  ofProcess(): readonly string[] {
    this.#environment ??= this.#listed()
    return this.#environment
  }

  #listed(): readonly string[] {
    const { own, below } = this.#origins
    const inherited = toEnvironment(below)
    return toEnvironment(inOrder([...inherited, ...this.ofImage(), ...toEnvironment(own)]))
  }
}

function withVariables(variables: OrderedMap<string>, changes: OrderedMap<string>): OrderedMap<string> {
  return [...changes].reduce((changed, [name, value]) => changed.withLast(name, value), variables)
}

/** By name, in the order of the last entries. */
function inOrder(entries: readonly string[]): Variables {
  const values = new Map<string, string>()
  for (const [name, value] of entries.map(splitVariable)) setVariable(values, name, value)
  return values
}
