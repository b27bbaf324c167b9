import type { Variables } from './variables.ts'

const names = ['http_proxy', 'https_proxy', 'ftp_proxy', 'no_proxy', 'all_proxy'] as const

/** True for an argument that may be given without an ARG: `HTTP_PROXY` and its like, in any case. */
export function isProxyArgument(name: string): boolean {
  return names.some((known) => known === name.toLowerCase())
}

/**
 * The predefined proxy arguments as a RUN sees them, `NAME=value` in capitals and in lower case. A lower-case build argument
 * wins over its twin. A name that the stage has as a variable is not among them: it is that variable.
 */
export function proxyVariables(
  buildArgs: ReadonlyMap<string, string>,
  variables: Pick<Variables, 'has'>,
): readonly string[] {
  return names.flatMap((name) => {
    const value = givenValue(name, buildArgs)
    if (value === undefined) return []
    return [name.toUpperCase(), name]
      .filter((spelled) => !variables.has(spelled))
      .map((spelled) => `${spelled}=${value}`)
  })
}

function givenValue(name: string, buildArgs: ReadonlyMap<string, string>): string | undefined {
  const spelled = [...buildArgs.keys()].filter((key) => key.toLowerCase() === name).sort()
  const last = spelled.at(-1)
  return last === undefined ? undefined : buildArgs.get(last)
}
