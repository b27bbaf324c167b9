import { nearest, TsbuildError } from '../../errors.ts'
import type { CopyOp, CopySource } from '../../graph/index.ts'
import {
  absolutePath,
  baseName,
  type FileTree,
  filterTree,
  parentPath,
  patternMatcher,
  resolvePath,
  select,
  splitPivot,
  type TreePath,
  treePath,
} from '../../tree/index.ts'
import { filesOf, type OpValue } from '../values.ts'
import type { OpContext } from './op-executor.ts'
import type { ChosenFile } from './place.ts'

/** The files that one source of a COPY means. */
export interface ChosenSource {
  /** For people: `context`, or what the source is called. */
  readonly name: string
  readonly files: readonly ChosenFile[]
}

/**
 * What the sources of a COPY mean, in the order of the instruction. A wildcard may mean nothing; a plain path has to exist.
 * @throws {TsbuildError} TSB_COPY_SOURCE_MISSING, naming the ignore rule that hides it when one does
 */
export async function chooseFiles(op: CopyOp, { inputs }: OpContext): Promise<readonly ChosenSource[]> {
  const sources = op.sources.map(async (source): Promise<ChosenSource> => {
    const value = inputs.value(source.from)
    const tree = await filesOf(value)
    const files = op.parents ? chooseWithParents(tree, source, op) : choosePaths(tree, source, op, value)
    return { name: source.path, files }
  })
  return Promise.all(sources)
}

function choosePaths(tree: FileTree, source: CopySource, op: CopyOp, value: OpValue): readonly ChosenFile[] {
  return select(tree, source.path).map((path) => {
    const { entry } = resolvePath(tree, path, { followLast: true })
    if (!entry) throw missing(tree, path, value)
    const chosen = {
      tree,
      entry: entry.kind === 'hardlink' ? fileBehind(tree, entry.target) : entry,
      name: baseName(path),
    }
    return entry.kind === 'directory' && op.excludes.length > 0 ? withoutExcluded(chosen, op) : chosen
  })
}

/** `--exclude` is relative to the source, and never hits a source that is itself a file. */
function withoutExcluded(chosen: ChosenFile, op: CopyOp): ChosenFile {
  const excluded = patternMatcher(op.excludes)
  return { ...chosen, tree: filterTree(chosen.tree, chosen.entry.path, (relative) => !excluded(relative)) }
}

/** `--parents`: from the pivot on, all that the pattern matches, in its directories. */
function chooseWithParents(tree: FileTree, source: CopySource, op: CopyOp): readonly ChosenFile[] {
  const { start, pattern } = splitPivot(source.path)
  const wanted = patternMatcher([pattern])
  const excluded = patternMatcher(op.excludes)
  return select(tree, start).flatMap((path) => {
    const { entry } = resolvePath(tree, path, { followLast: true })
    if (entry?.kind !== 'directory') return []
    const filtered = filterTree(tree, entry.path, (relative) => wanted(relative) && !excluded(relative))
    return [{ tree: filtered, entry, name: baseName(path) }]
  })
}

function fileBehind(tree: FileTree, target: TreePath) {
  const file = tree.get(target)
  if (file) return file
  throw new Error(`hard link to ${target} leads nowhere`)
}

function missing(tree: FileTree, path: TreePath, value: OpValue): TsbuildError {
  const shown = absolutePath(path)
  return new TsbuildError('TSB_COPY_SOURCE_MISSING', `failed to compute cache key: "${shown}": not found`, {
    hint: value.kind === 'context' ? contextHint(tree, path, value) : similarName(tree, path),
  })
}

function contextHint(tree: FileTree, path: TreePath, value: Extract<OpValue, { kind: 'context' }>): string {
  const rule = value.files.excludedBy(path)
  if (rule) return `${rule} excludes it`
  return (
    similarName(tree, path) ??
    `it is not in the build context; paths are relative to its root, and nothing above it is in reach`
  )
}

function similarName(tree: FileTree, path: TreePath): string | undefined {
  const directory = parentPath(path)
  const name = nearest(baseName(path), tree.list(directory))
  return name === undefined ? undefined : `did you mean "${absolutePath(treePath(`${directory}/${name}`))}"?`
}
