export type { ArchivedImage } from './archived-image.ts'
export { readingArchive } from './damaged.ts'
export { type ArchiveSource, openArchive, openArchivedBlobs, openArchivedImage, type Temporary } from './open.ts'
export { importRootfs, type RootfsPorts, type RootfsSettings } from './rootfs.ts'
