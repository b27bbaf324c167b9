export { openRootfs, type RootfsChoice } from './open.ts'
export type { MountTarget, PreparedRootfs, RootfsProvider } from './rootfs.ts'
