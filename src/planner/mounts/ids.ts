import { posix } from 'node:path'
import type { MountSpec } from './spec.ts'

/** Which secret a mount of type `secret` asks for. */
export function secretId({ source, id, target }: MountSpec): string {
  return source || id || posix.basename(target ?? '')
}

/** Which agent a mount of type `ssh` asks for. */
export function agentId({ id }: MountSpec): string {
  return id || 'default'
}

/** What a cache is known by within its `BUILDKIT_CACHE_MOUNT_NS`: its id, else its target as written, cleaned. */
export function cacheId({ id, target }: MountSpec): string {
  return id || posix.normalize(target ?? '')
}
