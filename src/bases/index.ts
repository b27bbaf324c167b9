export { type Bases, type BasesOptions, openBases } from './bases.ts'
export { blobFetcher } from './fetch.ts'
