export type { MountTarget, PreparedRootfs, RootfsProvider } from './rootfs.ts'
