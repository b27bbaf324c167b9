import { TsbuildError } from '../../errors.ts'
import { openMountProbe, type SandboxOptions } from '../sandbox/index.ts'
import { createCopyProvider } from './copy.ts'
import { createOverlayProvider } from './overlay.ts'
import type { RootfsProvider } from './rootfs.ts'

export type RootfsChoice = 'auto' | 'overlay' | 'copy'

/**
 * Overlayfs where it works, found by mounting one once; else copies, with a notice.
 * @param options as for the sandbox; `temporary` has to be on the file system of the store
 * @throws {TsbuildError} TSB_SNAPSHOTTER_UNAVAILABLE when `overlay` was asked for by name and cannot be mounted
 */
export async function openRootfs(choice: RootfsChoice, options: SandboxOptions): Promise<RootfsProvider> {
  const probe = openMountProbe(options)
  if (choice === 'copy') return createCopyProvider(probe.devices)
  const problem = await probe.overlayProblem()
  if (problem === '') return createOverlayProvider(probe.marks, options.temporary)
  if (choice === 'overlay') {
    throw new TsbuildError('TSB_SNAPSHOTTER_UNAVAILABLE', `overlayfs cannot be mounted here: ${problem}`, {
      hint: '--snapshotter=copy needs no mount',
    })
  }
  options.notice(`every step copies all files, because overlayfs cannot be mounted here: ${problem}`)
  return createCopyProvider(probe.devices)
}
