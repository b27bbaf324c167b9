import type { Context } from '../../context/index.ts'
import { isSystemError, TsbuildError } from '../../errors.ts'
import { comparePaths, type Entry, joinPath, rootPath, type TreePath } from '../../tree/index.ts'
import type { ContextFile, IgnoredPath, IgnoreLine } from './report.ts'

export interface Listed {
  readonly files: readonly Omit<ContextFile, 'usedBy'>[]
  readonly ignored: readonly IgnoredPath[]
}

/** All that is in a context, and what was kept out of it. */
export function listContext(context: Context, signal: AbortSignal | undefined): Listed {
  const files: Omit<ContextFile, 'usedBy'>[] = []
  const ignored: IgnoredPath[] = []
  const ahead: TreePath[] = [rootPath]
  for (let at = ahead.pop(); at !== undefined; at = ahead.pop()) {
    signal?.throwIfAborted()
    for (const name of context.leftOutOf(at)) ignored.push(ignoredAt(joinPath(at, name), context))
    const below: TreePath[] = []
    for (const name of context.tree.list(at)) {
      const found = lookAt(joinPath(at, name), context)
      if (!found) continue
      files.push(found)
      if (found.kind === 'directory') below.push(joinPath(at, name))
    }
    ahead.push(...below.reverse())
  }
  return { files: files.sort((a, b) => comparePaths(a.path, b.path)), ignored }
}

function lookAt(path: TreePath, { tree }: Context): Omit<ContextFile, 'usedBy'> | undefined {
  try {
    const entry = tree.get(path)
    return entry && { path, kind: kindOf(entry), size: entry.kind === 'file' ? entry.size : 0 }
  } catch (error) {
    if (error instanceof TsbuildError && error.code === 'TSB_CONTEXT_SPECIAL') return { path, kind: 'special', size: 0 }
    // Gone since it was listed.
    if (isSystemError(error, 'ENOENT')) return undefined
    throw error
  }
}

function kindOf({ kind }: Entry): ContextFile['kind'] {
  return kind === 'fifo' || kind === 'character' || kind === 'block' ? 'special' : kind
}

function ignoredAt(path: TreePath, { rulesFor }: Context): IgnoredPath {
  const by = rulesFor(path).at(-1)
  return by ? { path, by: lineOf(by) } : { path }
}

/** A rule as it is told. */
export function lineOf({ pattern, at }: ReturnType<Context['rulesFor']>[number]): IgnoreLine {
  return { file: at.source.name, line: at.start.line + 1, pattern }
}
