import { realpathSync, statSync } from 'node:fs'
import { isSystemError, TsbuildError } from '../errors.ts'
import { formatPlace, type SourceFile } from '../source.ts'
import {
  absolutePath,
  type Entry,
  type FileTree,
  filterTree,
  isWithin,
  patternList,
  resolvePath,
  rootPath,
  type SymlinkEntry,
  type TreePath,
  treeOfDirectory,
  treePath,
} from '../tree/index.ts'
import { type IgnoreRule, readIgnoreFile } from './ignore-file.ts'
import { linkOutOf } from './leads-out.ts'

/** The files of a build context, and why others are not among them. */
export interface Context {
  /**
   * Without what the ignore file takes away: that is not there for links either. Of a directory everything belongs to 0:0,
   * and has no extended attributes. `get` throws TSB_CONTEXT_SPECIAL for a fifo or device; sockets are left out.
   */
  readonly tree: FileTree
  /** The patterns of the ignore file, in normal form; none without one. */
  readonly ignorePatterns: readonly string[]
  /** Where the context is on this machine, when nothing of it is taken away. */
  readonly directory?: string
  /** The name of the ignore file, also of an empty one; undefined without one. */
  readonly ignoreFile?: string
  /** False for an archive, a repository or a URL: those have no ignore file. */
  readonly isDirectory: boolean
  /** The line that takes a path away (`.dockerignore:3`), or what the path leads to; undefined when none does. */
  excludedBy(path: string): string | undefined
  /** The symbolic link that leads from a path out of the context, when the path is missing because of it. */
  leavesBy(path: string): SymlinkEntry | undefined
  /** The lines of the ignore file that had a say on a path as it is written, in their order: the last one decided. */
  rulesFor(path: string): readonly IgnoreRule[]
  /** The names that the ignore file takes out of a directory. */
  leftOutOf(directory: TreePath): readonly string[]
  /** What is at a path whether it is taken away or not. */
  wasAt(path: string): Entry | undefined
}

/**
 * Opens a directory as a build context. Nothing is listed before it is asked for, and directories that are excluded are not
 * listed at all, unless a later `!` may take back something below them.
 * @param store a directory that changes while it is built, and is no part of any context: real path
 * @param linkSteps links that are followed on the way to a file
 * @throws {TsbuildError} TSB_CONTEXT_MISSING; TSB_IGNORE_PATTERN
 */
export function openContext(directory: string, ignoreFile?: SourceFile, store?: string, linkSteps?: number): Context {
  const root = realDirectory(directory)
  const rules = ignoreFile ? readIgnoreFile(ignoreFile) : []
  const ignorePatterns = rules.map((rule) => rule.pattern)
  const patterns = patternList(ignorePatterns)
  const isStored = partsOf(store, root)
  const whole = { ...treeOfDirectory(root, { owners: 'root', xattrs: 'none' }), linkSteps }
  const all = isStored
    ? filterTree(
        whole,
        rootPath,
        (path) => !isStored(path),
        (path) => !isStored(path),
      )
    : whole
  const tree =
    rules.length === 0 ? all : filterTree(all, rootPath, (path) => !patterns.matches(path), patterns.mayDifferBelow)
  return {
    tree: withoutSpecialFiles(tree),
    ignorePatterns,
    isDirectory: true,
    ...(ignoreFile && { ignoreFile: ignoreFile.name }),
    ...(rules.length === 0 && !isStored && { directory: root }),
    excludedBy(path) {
      if (isStored?.(treePath(path))) return 'tsbuild, whose store it is,'
      const rule = decidingRule(all, treePath(path), patterns)
      return rule === undefined ? undefined : placeOf(rules[rule])
    },
    leavesBy: (path) => linkOutOf(tree, path),
    rulesFor: (path) => patterns.trail(treePath(path)).flatMap((index) => rules[index] ?? []),
    leftOutOf(directory) {
      const kept = new Set(tree.list(directory))
      return whole.list(directory).filter((name) => !kept.has(name))
    },
    wasAt: (path) => resolvePath(whole, treePath(path), { followLast: false }).entry,
  }
}

function realDirectory(directory: string): string {
  try {
    if (statSync(directory).isDirectory()) return realpathSync(directory)
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR')) throw error
    throw new TsbuildError('TSB_CONTEXT_MISSING', `no such directory: ${directory}`, { cause: error })
  }
  throw new TsbuildError('TSB_CONTEXT_MISSING', `the build context is no directory: ${directory}`)
}

/** Tells what belongs to a directory inside of the root; undefined when it is not inside. */
function partsOf(directory: string | undefined, root: string): ((path: string) => boolean) | undefined {
  if (!directory?.startsWith(root === '/' ? root : `${root}/`)) return undefined
  const place = treePath(directory.slice(root.length))
  return (path) => isWithin(place, treePath(path))
}

/** A walk must never open what is no file: a fifo would make it wait, a device could do anything. */
function withoutSpecialFiles(tree: FileTree): FileTree {
  return {
    get(path) {
      const entry = tree.get(path)
      if (entry === undefined || !isSpecial(entry)) return entry
      const kind = entry.kind === 'fifo' ? 'fifo' : 'device'
      throw new TsbuildError('TSB_CONTEXT_SPECIAL', `the context has a ${kind} at ${absolutePath(path)}`, {
        hint: 'only files, directories and links can be copied from a context; exclude it in .dockerignore',
      })
    },
    list: tree.list,
    linkSteps: tree.linkSteps,
    ...(tree.isDirectory && { isDirectory: tree.isDirectory }),
    ...(tree.stats && { stats: tree.stats }),
  }
}

function isSpecial({ kind }: Entry): boolean {
  return kind === 'fifo' || kind === 'character' || kind === 'block'
}

/** Looks at the path as it was asked for, then at where it really leads. What is not on the disk was not taken away. */
function decidingRule(all: FileTree, path: TreePath, patterns: ReturnType<typeof patternList>): number | undefined {
  const { path: real, entry, link } = resolvePath(all, path, { followLast: true })
  if (entry === undefined) return undefined
  const taken = [path, real, ...(link ? [link.path] : [])].find((candidate) => patterns.matches(candidate))
  return taken === undefined ? undefined : patterns.decider(taken)
}

function placeOf(rule: IgnoreRule | undefined): string | undefined {
  return rule && formatPlace(rule.at)
}
