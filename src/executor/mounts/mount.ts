import type { OpId } from '../../graph/index.ts'
import type { Layer } from '../../image/index.ts'
import type { MountTarget } from '../rootfs/index.ts'
import type { SandboxMount } from '../sandbox/index.ts'

/** A mount of a RUN before its rootfs is ready: the place it needs, and how that is filled then. */
export interface PreparedMount {
  readonly target: MountTarget
  /** `at`: where the target really is, with links followed in the rootfs. */
  readonly mount: (at: string) => Promise<SandboxMount>
  /** The files of another op that it shows, as layers. */
  readonly shows?: { readonly from: OpId; readonly layers: readonly Layer[] }
  /** Takes away what was only for the command. */
  readonly release?: () => Promise<void>
}
