export type { ArchivedImage } from './archived-image.ts'
export { readingArchive } from './damaged.ts'
export {
  type ArchivedDocuments,
  type ArchiveSource,
  cannotOpen,
  openArchive,
  openArchivedBlobs,
  openArchivedDocuments,
  openArchivedImage,
  type Temporary,
} from './open.ts'
export { importRootfs, type RootfsPorts, type RootfsSettings } from './rootfs.ts'
