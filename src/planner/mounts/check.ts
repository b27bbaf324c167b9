import type { MountSpec } from './spec.ts'

/** What does not go together in a mount. */
export interface MountProblem {
  readonly message: string
  readonly hint: string
  /** The key to blame, in the name that a spec has for it; absent: something is missing. */
  readonly key?: keyof MountSpec
}

/** The first thing that does not go together. */
export function findMountProblem(spec: MountSpec): MountProblem | undefined {
  if (spec.type === 'bind' || spec.type === 'tmpfs') {
    const key = (['mode', 'uid', 'gid'] as const).find((name) => spec[name] !== undefined)
    if (key) return { key, message: `${key} not allowed for "${spec.type}" type mounts`, hint: `leave ${key} out` }
  }
  if (spec.type === 'secret') return secretProblem(spec)
  if (!spec.sharing || spec.type === 'cache') return undefined
  const message = `invalid cache sharing set for ${spec.type} mount`
  return { key: 'sharing', message, hint: 'sharing is for type=cache' }
}

function secretProblem({ from, sharing, source, target, id }: MountSpec): MountProblem | undefined {
  if (from) return { key: 'from', message: 'secret mount should not have a from', hint: 'name the secret with id=NAME' }
  if (sharing) {
    return { key: 'sharing', message: 'secret mount should not define sharing', hint: 'sharing is for type=cache' }
  }
  if (!source && !target && !id) {
    return { message: 'invalid secret mount. one of source, target required', hint: 'name the secret with id=NAME' }
  }
  if (!source || !id) return undefined
  return { key: 'source', message: "both source and id can't be set", hint: 'both name the secret: leave one out' }
}
