import { TsbuildError } from '../errors.ts'
import { absolutePath, type FileTree, fileOfLink, readSmall, resolvePath, type TreePath } from '../tree/index.ts'
import { linkOutOf } from './leads-out.ts'

/**
 * The text of a file of a context. Links are followed inside it, as if it were `/`.
 * @param limit bytes
 * @returns undefined when nothing is there
 * @throws {TsbuildError} TSB_DOCKERFILE_NOT_FOUND for what is no file or a link out of the context; TSB_FILE_TOO_LARGE
 */
export async function readText(tree: FileTree, path: TreePath, limit: number): Promise<string | undefined> {
  const { entry: found } = resolvePath(tree, path, { followLast: true })
  const entry = found?.kind === 'hardlink' ? fileOfLink(tree, found) : found
  if (entry?.kind === 'file') return new TextDecoder().decode(await readSmall(entry, limit))
  const link = linkOutOf(tree, path)
  if (entry === undefined && !link) return undefined
  const what = link ? `is a link to ${link.target}, which is outside of the build context` : 'is no file'
  throw new TsbuildError('TSB_DOCKERFILE_NOT_FOUND', `${absolutePath(path)} ${what}`)
}
