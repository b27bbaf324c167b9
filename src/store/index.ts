export { writeAtomically } from './atomic.ts'
export { openStore, type StoreOptions } from './open.ts'
export { removeTree } from './remove-tree.ts'
export type { BlobOrigin, Blobs, FetchBlob, Images, Store, StoredImage } from './store.ts'
