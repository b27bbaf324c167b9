export { openRootfs, type RootfsChoice } from './open.ts'
export { lowerDirectories } from './overlay.ts'
export type { MountTarget, PreparedRootfs, RootfsProvider } from './rootfs.ts'
