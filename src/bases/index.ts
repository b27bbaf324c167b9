export { type Bases, type BasesOptions, openBases } from './bases.ts'
export { blobFetcher } from './fetch.ts'
export { layersOf, type NamedLayer, readStored, readStoredIndex } from './stored.ts'
export { takeIn } from './take-in.ts'
