export { erofsImage, type TarDevice } from './image.ts'
export { NotIndexableError } from './not-indexable.ts'
