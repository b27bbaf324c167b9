/**
 * What `$NAME` means at some point of a stage, and what its RUN sees: the image's ENV and the ARGs that have a value. The
 * order is that of the last change, as the environment of a process gets it.
 */
export type Variables = ReadonlyMap<string, string>

/** The variables after `NAME=value`. */
export function withVariable(variables: Variables, name: string, value: string): Variables {
  return withVariables(variables, [[name, value]])
}

/** The variables after several changes, in order. */
export function withVariables(variables: Variables, changes: Iterable<readonly [string, string]>): Variables {
  const changed = new Map(variables)
  for (const [name, value] of changes) {
    changed.delete(name)
    changed.set(name, value)
  }
  return changed
}

/** Splits `NAME=value` at the first `=`; a text without one is a name with an empty value. */
export function splitVariable(text: string): readonly [name: string, value: string] {
  const equals = text.indexOf('=')
  return equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)]
}

/** A list of `NAME=value` after a change: the first entry of that name keeps its place, a new name comes last. */
export function setInEnvironment(environment: readonly string[], name: string, value: string): readonly string[] {
  const place = environment.findIndex((entry) => splitVariable(entry)[0] === name)
  return place < 0 ? [...environment, `${name}=${value}`] : environment.with(place, `${name}=${value}`)
}

/** `NAME=value` for each, in order. */
export function toEnvironment(variables: Variables): readonly string[] {
  return [...variables].map(([name, value]) => `${name}=${value}`)
}
