import type { Change, DirectoryEntry, Entry, FileEntry, FileTree, Tree } from './entry.ts'
import { comparePaths } from './order.ts'
import { isWithin, joinPath, rootPath, type TreePath } from './path.ts'
import { sameEntry } from './same.ts'

export interface DiffOptions {
  /** `all`: what is not in `after` is gone. `marked`: `after` is a layer on `before`, and says what is gone. */
  readonly gone: 'all' | 'marked'
  /** Asked for files that are the same in all but their bytes, perhaps. */
  readonly sameBytes: (before: FileEntry, after: FileEntry) => boolean | Promise<boolean>
  /** Told of how many changes there are, at each one that is found; may throw. */
  readonly counted?: (changes: number) => void
}

/**
 * The fewest changes that make one tree into the other, in the order of a walk. Directories that lead to a change are among
 * them, as they are after it; the root is only when it changed itself. Opaque directories come out as whiteouts of what they
 * hide. A time alone makes a change of anything but a directory.
 */
export async function diffTrees(before: FileTree, after: Tree, options: DiffOptions): Promise<readonly Change[]> {
  const list = new ChangeList()
  for (const { path, old, now } of pairs(before, after, options.gone)) {
    options.counted?.(list.changes.length)
    if (now === undefined) {
      list.add({ kind: 'whiteout', path })
      continue
    }
    const answer = isSame(before, old, now, options)
    // To wait for what is known costs more than the look.
    const same = typeof answer === 'boolean' ? answer : await answer
    if (same) list.pass(now)
    else list.add(now)
  }
  options.counted?.(list.changes.length)
  return list.changes
}

/** What is at a path before and after. Where both are absent there is no pair. */
interface Pair {
  readonly path: TreePath
  readonly old: Entry | undefined
  readonly now: Entry | undefined
}

interface Level {
  readonly directory: TreePath
  /** What was there before does not shine through. */
  readonly hides: boolean
  readonly names: readonly string[]
  next: number
}

function* pairs(before: FileTree, after: Tree, gone: DiffOptions['gone']): Generator<Pair, void, undefined> {
  const root = after.get(rootPath)
  if (root?.kind !== 'directory') return
  yield { path: rootPath, old: before.get(rootPath), now: root }
  const open = [levelOf(before, after, root, gone === 'all')]
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const name = top.names[top.next++]
    if (name === undefined) {
      open.pop()
      continue
    }
    const path = joinPath(top.directory, name)
    const [old, now] = [before.get(path), after.get(path)]
    if (now !== undefined && now.kind !== 'whiteout') yield { path, old, now }
    else if (old !== undefined) yield { path, old, now: undefined }
    if (now?.kind === 'directory') open.push(levelOf(before, after, now, top.hides))
  }
}

function levelOf(before: FileTree, after: Tree, entry: DirectoryEntry, isHidden: boolean): Level {
  const hides = isHidden || entry.opaque === true
  const names = after.list(entry.path)
  const hidden = hides ? before.list(entry.path) : []
  const all = hidden.length === 0 ? names : [...new Set([...names, ...hidden])].sort(comparePaths)
  return { directory: entry.path, hides, names: all, next: 0 }
}

function isSame(
  before: FileTree,
  old: Entry | undefined,
  now: Entry,
  { sameBytes }: DiffOptions,
): boolean | Promise<boolean> {
  if (now.kind === 'directory' && now.implied) return old === undefined || old.kind === 'directory'
  const file = old?.kind === 'hardlink' ? before.get(old.target) : old
  if (file === undefined || !sameEntry(file, now)) return false
  return file.kind !== 'file' || now.kind !== 'file' || sameBytes(file, now)
}

/** Collects changes; a directory that is passed is put in when something below it changes. */
class ChangeList {
  readonly changes: Change[] = []
  readonly #above: { readonly entry: DirectoryEntry; isListed: boolean }[] = []

  pass(entry: Entry): void {
    this.#leave(entry.path)
    if (entry.kind === 'directory') this.#above.push({ entry: plain(entry), isListed: entry.path === rootPath })
  }

  add(change: Change): void {
    this.#leave(change.path)
    for (const level of this.#above) {
      if (!level.isListed) this.changes.push(level.entry)
      level.isListed = true
    }
    if (change.kind !== 'directory') {
      this.changes.push(change)
      return
    }
    this.changes.push(plain(change))
    this.#above.push({ entry: change, isListed: true })
  }

  #leave(path: TreePath): void {
    for (let last = this.#above.at(-1); last && !isWithin(last.entry.path, path); last = this.#above.at(-1)) {
      this.#above.pop()
    }
  }
}

/** Without the marks of a layer. */
function plain(entry: DirectoryEntry): DirectoryEntry {
  if (!entry.opaque && !entry.implied) return entry
  const { opaque: _, implied: __, ...rest } = entry
  return rest
}
