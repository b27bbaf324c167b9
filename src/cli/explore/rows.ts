import type { FileNode } from '../../index.ts'
import { type Explorer, kindOf, type Row } from './state.ts'

type Shown = Pick<Explorer, 'view' | 'folds' | 'foldAll' | 'without' | 'sort' | 'filter'>

/** Changes of a layer up to which the directories that lead to them are open from the start. */
const fewChanges = 300

/** The lines of the file tree. Where something is searched for, all that leads to it is open. */
export function rowsOf(explorer: Shown): readonly Row[] {
  const { view } = explorer
  if (!view) return []
  const wanted = pattern(explorer.filter)
  const isBusy = countMarked(view.root, fewChanges) > fewChanges
  const rows: Row[] = []
  const isFolded = (node: FileNode, path: string) =>
    explorer.folds.get(path) ?? explorer.foldAll ?? (isBusy || node.mark === undefined)
  const visit = (node: FileNode, path: string, depth: number): boolean => {
    const at = rows.length
    const isOwn = !explorer.without.has(kindOf(node.mark)) && (!wanted || wanted.test(path))
    const { children = [] } = node
    if (children.length === 0) {
      if (isOwn) rows.push({ node, path, depth })
      return isOwn
    }
    const folded = !wanted && isFolded(node, path)
    rows.push({ node, path, depth, isFolded: folded })
    const isAnyBelow = folded ? hasKind(children, explorer.without) : visitAll(children, path, depth + 1)
    if (isOwn || isAnyBelow) return true
    rows.length = at
    return false
  }
  const visitAll = (children: readonly FileNode[], path: string, depth: number): boolean => {
    let isAny = false
    for (const child of sorted(children, explorer.sort)) isAny = visit(child, `${path}/${child.name}`, depth) || isAny
    return isAny
  }
  visitAll(view.root.children ?? [], '', 0)
  return rows
}

/** What is typed is a regular expression, or while it is none, nothing is found. */
export function pattern(filter: string): RegExp | undefined {
  if (filter === '') return undefined
  try {
    return new RegExp(filter)
  } catch (error) {
    if (error instanceof SyntaxError) return /(?!)/
    throw error
  }
}

/** What is wrong with what is typed, if anything: `is no regular expression: Unterminated character class`. */
export function patternFault(filter: string): string | undefined {
  try {
    new RegExp(filter)
    return undefined
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return `is no regular expression: ${error.message.split(': ').at(-1)}`
  }
}

function sorted(children: readonly FileNode[], sort: Explorer['sort']): readonly FileNode[] {
  return sort === 'name' ? children : [...children].sort((a, b) => b.size - a.size)
}

/** Whether anything below would be shown. */
function hasKind(children: readonly FileNode[], without: Explorer['without']): boolean {
  if (without.size === 0) return true
  return children.some(
    ({ mark, children: below }) => !without.has(kindOf(mark)) || (below !== undefined && hasKind(below, without)),
  )
}

/** Counts no further than somewhat above `limit`. */
function countMarked({ mark, children = [] }: FileNode, limit: number): number {
  let count = mark === undefined || children.length > 0 ? 0 : 1
  for (const child of children) {
    if (count > limit) return count
    if (child.mark !== undefined) count += countMarked(child, limit - count)
  }
  return count
}
