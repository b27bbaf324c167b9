import { TsbuildError } from '../../errors.ts'
import { defaultLimits, type Limits } from '../../limits.ts'
import { archiveLimits } from '../../tree/index.ts'
import { openMountProbe, type SandboxOptions } from '../sandbox/index.ts'
import { createCopyProvider } from './copy.ts'
import type { LayerMounts } from './layer-mounts.ts'
import { createOverlayProvider, type LowerOf, unpackedLower } from './overlay.ts'
import type { RootfsProvider } from './rootfs.ts'

export type RootfsChoice = 'auto' | 'erofs' | 'overlay' | 'copy'

export interface RootfsOptions extends SandboxOptions {
  /** Layers that are mounted, for as long as whoever opens it lets them. */
  readonly mounts: LayerMounts
  readonly limits?: Limits
}

/**
 * Overlayfs over layers that are mounted as they are, or else over unpacked ones, whatever works, found by mounting it once;
 * else copies, with a notice.
 * @param options as for the sandbox; `temporary` has to be on the file system of the store
 * @throws {TsbuildError} TSB_SNAPSHOTTER_UNAVAILABLE when one was asked for by name that cannot be mounted
 */
export async function openRootfs(choice: RootfsChoice, options: RootfsOptions): Promise<RootfsProvider> {
  const probe = openMountProbe(options)
  const budget = archiveLimits(options.limits ?? defaultLimits)
  const overlay = (name: 'erofs' | 'overlay', lowerOf: LowerOf) =>
    createOverlayProvider(name, { marks: probe.marks, budget }, lowerOf, options.temporary)
  if (choice === 'copy') return createCopyProvider(probe.devices, budget)
  if (choice !== 'overlay') {
    const problem = await probe.erofsProblem()
    if (problem === '') return overlay('erofs', options.mounts.lowerOf)
    if (choice === 'erofs') {
      throw unavailable(
        `layers cannot be mounted as EROFS images here: ${problem}`,
        '--snapshotter=overlay unpacks them',
      )
    }
  }
  const problem = await probe.overlayProblem()
  if (problem === '') return overlay('overlay', unpackedLower)
  if (choice === 'overlay') {
    throw unavailable(`overlayfs cannot be mounted here: ${problem}`, '--snapshotter=copy needs no mount')
  }
  options.notice(`every step copies all files, because overlayfs cannot be mounted here: ${problem}`)
  return createCopyProvider(probe.devices, budget)
}

function unavailable(message: string, hint: string): TsbuildError {
  return new TsbuildError('TSB_SNAPSHOTTER_UNAVAILABLE', message, { hint })
}
