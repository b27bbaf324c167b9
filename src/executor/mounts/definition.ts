import type { Json } from '../../digest/index.ts'
import type { Mount } from '../../graph/index.ts'

/** What a mount counts in the key of its RUN: never the ids of ops, the bytes of a secret, or what is in a cache. */
export function mountDefinition(mount: Mount): Json {
  switch (mount.kind) {
    case 'bind':
      return { kind: mount.kind, target: mount.target, source: mount.source, writable: mount.writable }
    case 'cache':
      return { kind: mount.kind, target: mount.target, readOnly: mount.readOnly }
    case 'tmpfs':
      return { kind: mount.kind, target: mount.target, size: mount.size }
    case 'secret':
      return {
        kind: mount.kind,
        id: mount.id,
        target: mount.target,
        env: mount.env,
        required: mount.required,
        mode: mount.mode,
        uid: mount.uid,
        gid: mount.gid,
      }
    case 'ssh':
      return {
        kind: mount.kind,
        id: mount.id,
        target: mount.target,
        required: mount.required,
        mode: mount.mode,
        uid: mount.uid,
        gid: mount.gid,
      }
  }
}
