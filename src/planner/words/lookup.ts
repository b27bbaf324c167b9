/** Where the values of variables come from. */
export interface Lookup {
  /** The value, empty when it is set to nothing; undefined when the variable is not set. */
  get(name: string): string | undefined
  /** Every name that is set: for hints. */
  names(): Iterable<string>
}

/** Looks up in a map, or what is read like one. */
export function lookupIn(variables: { get(name: string): string | undefined; keys(): Iterable<string> }): Lookup {
  return { get: (name) => variables.get(name), names: () => variables.keys() }
}
