export { type CompressionLimits, compressionLimits, defaultCompressionLimits } from './compression/bomb.ts'
export { gunzip } from './compression/zlib.ts'
export {
  type Compression,
  compress,
  compressionFormat,
  decompress,
  sniffCompression,
  sniffLength,
} from './compression.ts'
export { changedHint, digestOfContent, readContent, readSmall } from './content.ts'
export { type ContentList, contentId, contentOf, type DigestOf, tellContent } from './content-id.ts'
export { type OverlayMarks, treeOfDirectory, treeOfUpper } from './directory.ts'
export { editTree, type TreeEditor } from './editor.ts'
export { impliedDirectory, treeOfEntries } from './entries.ts'
export type {
  Change,
  Content,
  DeviceEntry,
  DirectoryEntry,
  Entry,
  FifoEntry,
  FileEntry,
  FileIdentity,
  FileTree,
  HardlinkEntry,
  Metadata,
  SymlinkEntry,
  Tree,
  WhiteoutEntry,
} from './entry.ts'
export { fileBytes } from './file-bytes.ts'
export { filterTree } from './filter.ts'
export { directoryChanges, type LayerBudget, takeInventory, upperChanges } from './host-changes.ts'
export { escapePattern, hasWildcard, matchName } from './match-name.ts'
export { decodeName, encodeName, nameBytes } from './names.ts'
export { comparePaths } from './order.ts'
export { overlay } from './overlay.ts'
export {
  absolutePath,
  baseName,
  isWithin,
  joinPath,
  movedPath,
  parentPath,
  rootPath,
  type TreePath,
  treePath,
} from './path.ts'
export { cleanPattern, type PatternList, patternList, trimBlanks } from './pattern-list.ts'
export { type Peeked, peek } from './peek.ts'
export { resolvePath } from './resolve.ts'
export { select, splitPivot, wildcardStart } from './select.ts'
export { signsOf } from './signs.ts'
export { subtree } from './subtree.ts'
export { type Survey, survey } from './survey.ts'
export { type FillThread, openFillThread } from './tar/fill-thread.ts'
export { type ArchiveLimits, archiveLimits, defaultArchiveLimits } from './tar/limits.ts'
export { looksLikeTar } from './tar/looks-like-tar.ts'
export type { ArchiveForm, OpaqueMark, TarEntry, TarFile } from './tar/member.ts'
export { tarOrder } from './tar/order.ts'
export { readTar, type TarMember } from './tar/read.ts'
export { type IndexOptions, indexTar, tarIndex } from './tar/tar-index.ts'
export { writeTar } from './tar/write.ts'
export { type TarFileOptions, type WrittenFile, type WrittenTar, writeTarFile } from './tar/write-file.ts'
export { setDirectory } from './unpack/metadata.ts'
export { applyLayer, type Unpacked, type UnpackOptions, unpackTar } from './unpack/unpack.ts'
export { walk } from './walk.ts'
export { fileOfLink, walkApart } from './walk-apart.ts'
export { isCapability } from './xattrs.ts'
