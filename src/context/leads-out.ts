import { type FileTree, parentPath, resolvePath, type SymlinkEntry, treePath } from '../tree/index.ts'

/** The symbolic link that leads from a path out of a context, when nothing is there because of it. */
export function linkOutOf(tree: FileTree, path: string): SymlinkEntry | undefined {
  const { entry, link } = resolvePath(tree, treePath(path), { followLast: true })
  return entry === undefined && link && leadsOut(link) ? link : undefined
}

/** Absolute links of a context start at its root in a build: what they meant where they were made is out of reach. */
function leadsOut({ path, target }: SymlinkEntry): boolean {
  if (target.startsWith('/')) return true
  let depth = parentPath(path).split('/').filter(Boolean).length
  return target.split('/').some((piece) => {
    if (piece === '..') depth--
    else if (piece !== '' && piece !== '.') depth++
    return depth < 0
  })
}
