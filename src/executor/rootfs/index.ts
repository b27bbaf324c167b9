export { type LayerMounts, openLayerMounts } from './layer-mounts.ts'
export { openRootfs, type RootfsChoice } from './open.ts'
export type { MountTarget, PreparedRootfs, RootfsProvider } from './rootfs.ts'
