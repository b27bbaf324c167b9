export { type LayerMounts, openLayerMounts } from './layer-mounts.ts'
export { openRootfs, type RootfsChoice } from './open.ts'
export { type LeftFiles, leftUpper, type MountTarget, type PreparedRootfs, type RootfsProvider } from './rootfs.ts'
