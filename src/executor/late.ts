import type { openRootfs as OpenRootfs } from './rootfs/index.ts'
import type { openSandbox as OpenSandbox } from './sandbox/index.ts'

/** What a RUN needs is loaded with the first one that runs: a build in which all is cached has none. */
export const openSandbox: typeof OpenSandbox = async (...asked) =>
  (await import('./sandbox/open.ts')).openSandbox(...asked)

/** As `openSandbox`. */
export const openRootfs: typeof OpenRootfs = async (...asked) => (await import('./rootfs/open.ts')).openRootfs(...asked)
