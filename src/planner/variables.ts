/** What `$NAME` means outside of stages: ARGs before the first FROM and platform arguments, in the order of the last change. */
export type Variables = ReadonlyMap<string, string>

/** Changes a variable, which comes last from then on. */
export function setVariable(variables: Map<string, string>, name: string, value: string): void {
  variables.delete(name)
  variables.set(name, value)
}

/** Splits `NAME=value` at the first `=`; a text without one is a name with an empty value. */
export function splitVariable(text: string): readonly [name: string, value: string] {
  const equals = text.indexOf('=')
  return equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)]
}

/** `NAME=value` for each, in order. */
export function toEnvironment(variables: Iterable<readonly [name: string, value: string]>): readonly string[] {
  return Array.from(variables, ([name, value]) => `${name}=${value}`)
}
