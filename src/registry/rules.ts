/** How a registry, or a part of it, is asked. Places are `host[:port][/path]`. */
export interface RegistryRule {
  /** What names begin with that it is for: a place, or `*.example.com`. */
  readonly prefix: string
  /** What takes the place of the prefix; undefined: nothing does. */
  readonly location?: string | undefined
  readonly insecure: boolean
  readonly blocked: boolean
  readonly mirrors: readonly MirrorRule[]
}

export interface MirrorRule {
  readonly location: string
  readonly insecure: boolean
  /** Which names it is asked for. */
  readonly pull: 'all' | 'digest-only' | 'tag-only'
}

/** The rules as they are for a host itself. What they say of what takes its place is not said of it. */
export function withoutRewriting(rules: readonly RegistryRule[]): readonly RegistryRule[] {
  return rules.map((rule) => (rule.location === undefined ? rule : { ...rule, location: undefined, insecure: false }))
}

/** The rule with the longest prefix of a name, and what of the name that leaves: `/node` of `docker.io/library/node`. */
export function ruleFor(
  rules: readonly RegistryRule[],
  name: string,
): { readonly rule: RegistryRule; readonly rest: string } | undefined {
  const fitting = rules.flatMap((rule) => {
    const length = lengthOf(rule.prefix, name)
    return length === undefined ? [] : [{ rule, rest: name.slice(length), length }]
  })
  return fitting.sort((a, b) => b.length - a.length)[0]
}

/** How much of a name a prefix covers: whole parts of it. */
export function lengthOf(prefix: string, name: string): number | undefined {
  const host = name.slice(0, name.indexOf('/'))
  if (prefix.startsWith('*.')) return host.endsWith(prefix.slice(1)) ? host.length : undefined
  return `${name}/`.startsWith(`${prefix}/`) ? prefix.length : undefined
}
