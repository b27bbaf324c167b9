import { TsbuildError } from '../../errors.ts'
import { openMountProbe, type SandboxOptions } from '../sandbox/index.ts'
import { createCopyProvider } from './copy.ts'
import type { LayerMounts } from './layer-mounts.ts'
import { createOverlayProvider, unpackedLower } from './overlay.ts'
import type { RootfsProvider } from './rootfs.ts'

export type RootfsChoice = 'auto' | 'erofs' | 'overlay' | 'copy'

export interface RootfsOptions extends SandboxOptions {
  /** Layers that are mounted, for as long as whoever opens it lets them. */
  readonly mounts: LayerMounts
}

/**
 * Overlayfs over layers that are mounted as they are, or else over unpacked ones, whatever works, found by mounting it once;
 * else copies, with a notice.
 * @param options as for the sandbox; `temporary` has to be on the file system of the store
 * @throws {TsbuildError} TSB_SNAPSHOTTER_UNAVAILABLE when one was asked for by name that cannot be mounted
 */
export async function openRootfs(choice: RootfsChoice, options: RootfsOptions): Promise<RootfsProvider> {
  const probe = openMountProbe(options)
  if (choice === 'copy') return createCopyProvider(probe.devices)
  if (choice !== 'overlay') {
    const problem = await probe.erofsProblem()
    if (problem === '') return createOverlayProvider('erofs', probe.marks, options.mounts.lowerOf, options.temporary)
    if (choice === 'erofs') {
      throw unavailable(
        `layers cannot be mounted as EROFS images here: ${problem}`,
        '--snapshotter=overlay unpacks them',
      )
    }
  }
  const problem = await probe.overlayProblem()
  if (problem === '') return createOverlayProvider('overlay', probe.marks, unpackedLower, options.temporary)
  if (choice === 'overlay') {
    throw unavailable(`overlayfs cannot be mounted here: ${problem}`, '--snapshotter=copy needs no mount')
  }
  options.notice(`every step copies all files, because overlayfs cannot be mounted here: ${problem}`)
  return createCopyProvider(probe.devices)
}

function unavailable(message: string, hint: string): TsbuildError {
  return new TsbuildError('TSB_SNAPSHOTTER_UNAVAILABLE', message, { hint })
}
