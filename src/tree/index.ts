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
export { decodeName, encodeName, nameBytes } from './names.ts'
export { absolutePath, baseName, isWithin, joinPath, parentPath, rootPath, type TreePath, treePath } from './path.ts'
