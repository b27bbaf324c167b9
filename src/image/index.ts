export { type Annotation, annotationsOf, type ImageAnnotations, indexAnnotationsOf } from './annotations.ts'
export { assemble, historyComment, type ImageParts, type NewHistory } from './assemble.ts'
export type { ContainerConfig, Healthcheck, History, ImageConfig } from './config.ts'
export { type Descriptor, mediaTypes, type Platform } from './descriptor.ts'
export {
  checkLayoutHeader,
  type ManifestOrIndex,
  parseConfig,
  parseIndex,
  parseManifest,
  parseManifestOrIndex,
  readStoredConfig,
  readStoredManifest,
} from './documents.ts'
export { followIndex, type SomeDocument } from './follow-index.ts'
export type { Image, ImageSet, Index, Manifest } from './image.ts'
export {
  checkIsImage,
  chooseManifest,
  type ImageDocuments,
  type ManifestDocument,
  noManifestFor,
  withConfig,
} from './image-documents.ts'
export { type ImageOrSet, imagesOf, indexOf, isImageSet } from './image-set.ts'
export { type DocumentLimits, documentLimits, documentLimitsOf, parseJson, storedLimits } from './json.ts'
export type { Layer, LowerForm, Snapshot } from './layer.ts'
export { type ManifestForm, manifestOf, toOci } from './manifest.ts'
export {
  formatPlatform,
  machinePlatform,
  matchPlatform,
  normalizePlatform,
  parsePlatform,
  platformFolder,
  runsOn,
  samePlatform,
} from './platform.ts'
export { parseReference, type Reference, tryReference, withTagOrDigest } from './reference.ts'
export { compareReferences, matchReference } from './reference-list.ts'
export { formatImageSource, type ImageSource, parseImageSource } from './source.ts'
