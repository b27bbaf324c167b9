import { type Branch, inOrder, insert, lookUp, remove } from './balanced-tree.ts'

/**
 * An immutable map that keeps an order. A changed map shares with the one before all that is the same: a change costs
 * O(log n), and ten thousand stages can each stand on the one before.
 */
export class OrderedMap<V> implements Iterable<readonly [name: string, value: V]> {
  readonly #byName: Branch<string, { readonly value: V; readonly place: number }> | undefined
  readonly #byPlace: Branch<number, string> | undefined
  readonly #next: number

  private constructor(
    byName: Branch<string, { readonly value: V; readonly place: number }> | undefined,
    byPlace: Branch<number, string> | undefined,
    next: number,
  ) {
    this.#byName = byName
    this.#byPlace = byPlace
    this.#next = next
  }

  static empty<V>(): OrderedMap<V> {
    return new OrderedMap<V>(undefined, undefined, 0)
  }

  get(name: string): V | undefined {
    return lookUp(this.#byName, name)?.value
  }

  has(name: string): boolean {
    return lookUp(this.#byName, name) !== undefined
  }

  /** The map with another value: a name that is there keeps its place, a new one comes last. */
  with(name: string, value: V): OrderedMap<V> {
    const known = lookUp(this.#byName, name)
    if (!known) return this.#append(name, value, this.#byPlace)
    if (known.value === value) return this
    return new OrderedMap(insert(this.#byName, name, { value, place: known.place }), this.#byPlace, this.#next)
  }

  /** The map with another value, whose name comes last. */
  withLast(name: string, value: V): OrderedMap<V> {
    const known = lookUp(this.#byName, name)
    return this.#append(name, value, known ? remove(this.#byPlace, known.place) : this.#byPlace)
  }

  *keys(): Generator<string> {
    for (const [, name] of inOrder(this.#byPlace)) yield name
  }

  *[Symbol.iterator](): Generator<readonly [name: string, value: V]> {
    for (const name of this.keys()) {
      const found = lookUp(this.#byName, name)
      if (found) yield [name, found.value]
    }
  }

  #append(name: string, value: V, places: Branch<number, string> | undefined): OrderedMap<V> {
    const place = this.#next
    return new OrderedMap(insert(this.#byName, name, { value, place }), insert(places, place, name), place + 1)
  }
}
