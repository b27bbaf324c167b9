import type { MountSpec } from './spec.ts'
import { mountError } from './values.ts'

/**
 * Refuses what does not go together.
 * @throws {TsbuildError} TSB_MOUNT
 */
export function checkMount(spec: MountSpec): void {
  const message = problemOf(spec)
  if (message) throw mountError(message)
}

function problemOf(spec: MountSpec): string | undefined {
  if (spec.type === 'bind' || spec.type === 'tmpfs') {
    const given = (['mode', 'uid', 'gid'] as const).find((key) => spec[key] !== undefined)
    if (given) return `${given} not allowed for "${spec.type}" type mounts`
  }
  if (spec.type === 'secret') return secretProblem(spec)
  if (spec.sharing && spec.type !== 'cache') return `invalid cache sharing set for ${spec.type} mount`
  return undefined
}

function secretProblem({ from, sharing, source, target, id }: MountSpec): string | undefined {
  if (from) return 'secret mount should not have a from'
  if (sharing) return 'secret mount should not define sharing'
  if (!source && !target && !id) return 'invalid secret mount. one of source, target required'
  if (source && id) return "both source and id can't be set"
  return undefined
}
