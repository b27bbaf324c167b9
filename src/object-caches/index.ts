export { locatedAt, type ObjectCaches, type ObjectPlace, openObjectCaches } from './caches.ts'
export type { FoundManifest, ObjectCache } from './service.ts'
export { blobTarget, sourceOf } from './transfer.ts'
