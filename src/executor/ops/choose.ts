import { posix } from 'node:path'
import { nearest, TsbuildError } from '../../errors.ts'
import type { CopyOp, CopySource } from '../../graph/index.ts'
import {
  absolutePath,
  baseName,
  type Entry,
  type FileTree,
  fileOfLink,
  filterTree,
  hasWildcard,
  parentPath,
  patternList,
  resolvePath,
  rootPath,
  select,
  splitPivot,
  type TreePath,
  treePath,
  wildcardStart,
} from '../../tree/index.ts'
import { filesOf, type OpValue } from '../values.ts'
import type { OpContext } from './op-executor.ts'
import type { ChosenFile } from './place.ts'

/** The files that one source of a COPY means. */
export interface ChosenSource {
  /** For people: `context`, or what the source is called. */
  readonly name: string
  readonly files: readonly ChosenFile[]
  /** Files that are archives are unpacked. */
  readonly unpack: boolean
}

/**
 * What the sources of a COPY mean, in the order of the instruction. A wildcard may mean nothing; a plain path, and the
 * directory in which a wildcard is looked up, have to exist.
 * @throws {TsbuildError} TSB_COPY_SOURCE_MISSING, naming the ignore rule that hides it when one does; TSB_CONTEXT_ESCAPE
 */
export async function chooseFiles(op: CopyOp, { inputs }: Pick<OpContext, 'inputs'>): Promise<readonly ChosenSource[]> {
  const sources = op.sources.map(async (source): Promise<ChosenSource> => {
    const value = inputs.value(source.from)
    const tree = await filesOf(value)
    const files = op.parents ? chooseWithParents(tree, source, op, value) : choosePaths(tree, source, op, value)
    return { name: source.path, files, unpack: source.unpack ?? false }
  })
  return Promise.all(sources)
}

function choosePaths(tree: FileTree, source: CopySource, op: CopyOp, value: OpValue): readonly ChosenFile[] {
  const above = wildcardStart(source.path)
  if (above !== undefined) existing(tree, above, value, source)
  return select(tree, source.path).map((path) => {
    const entry = existing(tree, path, value, source)
    const chosen = {
      tree,
      entry: entry.kind === 'hardlink' ? fileOfLink(tree, entry) : entry,
      name: baseName(path),
    }
    return entry.kind === 'directory' && op.excludes.length > 0 ? withoutExcluded(chosen, op) : chosen
  })
}

function existing(tree: FileTree, path: TreePath, value: OpValue, source: CopySource): Entry {
  const { entry } = resolvePath(tree, path, { followLast: true })
  if (!entry) throw missing(tree, path, value, source)
  return entry
}

/** `--exclude` is relative to the source, and never hits a source that is itself a file. */
function withoutExcluded(chosen: ChosenFile, op: CopyOp): ChosenFile {
  const excluded = patternList(op.excludes)
  const accept = (relative: string) => !excluded.matches(relative)
  const tree = filterTree(chosen.tree, chosen.entry.path, accept, excluded.mayDifferBelow)
  return { ...chosen, tree, accepts: accept }
}

/** `--parents`: from the pivot on, all that the pattern matches, in its directories. */
function chooseWithParents(tree: FileTree, source: CopySource, op: CopyOp, value: OpValue): readonly ChosenFile[] {
  const { start, pattern } = splitPivot(source.path)
  const wanted = patternList([pattern === rootPath ? '**' : pattern])
  const excluded = patternList(op.excludes)
  const accept = (relative: string) => wanted.matches(relative) && !excluded.matches(relative)
  const mayAcceptBelow = (relative: string) =>
    (wanted.matches(relative) || wanted.mayDifferBelow(relative)) &&
    (!excluded.matches(relative) || excluded.mayDifferBelow(relative))
  return select(tree, start).flatMap((path) => {
    const entry = existing(tree, path, value, source)
    if (entry.kind !== 'directory') return []
    if (!hasWildcard(source.path)) requireBelow(tree, entry.path, pattern, value, source)
    const files = filterTree(tree, entry.path, accept, mayAcceptBelow)
    return [{ tree: files, entry, name: baseName(path), accepts: accept }]
  })
}

/** Links below the pivot are not walked through, so one of them makes a path missing too. */
function requireBelow(
  tree: FileTree,
  directory: TreePath,
  pattern: TreePath,
  value: OpValue,
  source: CopySource,
): void {
  const path = treePath(`${directory}/${pattern}`)
  if (tree.get(path) === undefined) throw missing(tree, path, value, source)
}

function missing(tree: FileTree, path: TreePath, value: OpValue, source: CopySource): TsbuildError {
  const shown = absolutePath(path)
  const link = value.kind === 'context' ? value.files.leavesBy(path) : undefined
  if (link) {
    const message = `${absolutePath(link.path)} is a link to ${link.target}, which is outside of the build context`
    return new TsbuildError('TSB_CONTEXT_ESCAPE', message, {
      hint: 'links in a context start at its root and never lead out of it; copy the file into the context',
    })
  }
  return new TsbuildError('TSB_COPY_SOURCE_MISSING', `failed to compute cache key: "${shown}": not found`, {
    hint: value.kind === 'context' ? contextHint(tree, path, value, source) : similarName(tree, path),
  })
}

function contextHint(
  tree: FileTree,
  path: TreePath,
  value: Extract<OpValue, { kind: 'context' }>,
  source: CopySource,
): string {
  const above = aboveContext(source.path)
  if (above !== undefined) return above
  const rule = value.files.excludedBy(path)
  if (rule) return `${rule} excludes it`
  return (
    similarName(tree, path) ??
    `it is not in the build context; paths are relative to its root, and nothing above it is in reach`
  )
}

/** What stands in for a path that would lead out of the context: `..` at its root is the root, as for BuildKit. */
function aboveContext(written: string): string | undefined {
  const [, up, rest] = /^((?:\.\.\/)+)(.*)$/.exec(posix.normalize(written)) ?? []
  if (up === undefined || rest === undefined) return undefined
  return `../ does not leave the context; --build-context NAME=${up.slice(0, -1)} (seen from the context) and COPY --from=NAME ${rest || '.'} give it`
}

function similarName(tree: FileTree, path: TreePath): string | undefined {
  const directory = parentPath(path)
  const name = nearest(baseName(path), tree.list(directory))
  return name === undefined ? undefined : `did you mean "${absolutePath(treePath(`${directory}/${name}`))}"?`
}
