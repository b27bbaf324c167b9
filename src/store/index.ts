export type { BlobOrigin, Blobs, FetchBlob, Images, Store, StoredImage } from './store.ts'
