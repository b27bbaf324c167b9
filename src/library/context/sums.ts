import type { ContextFile, ContextFolder, ContextSum } from './report.ts'

export function totalOf(files: readonly ContextFile[]): ContextSum {
  const counted = files.filter(({ kind }) => kind !== 'directory')
  return { files: counted.length, bytes: counted.reduce((sum, { size }) => sum + size, 0) }
}

/** Folders with all that is below them, largest first. */
export function foldersOf(files: readonly ContextFile[]): readonly ContextFolder[] {
  const sums = new Map<string, { files: number; bytes: number }>()
  for (const { path, kind, size } of files) {
    if (kind === 'directory') sums.set(path, { files: 0, bytes: 0 })
    else {
      for (const folder of foldersAbove(path)) {
        const sum = sums.get(folder)
        if (sum) [sum.files, sum.bytes] = [sum.files + 1, sum.bytes + size]
      }
    }
  }
  return [...sums].map(([path, sum]) => ({ path, ...sum, isFolder: true })).sort(largestFirst)
}

/** The topmost of which nothing is taken. A folder that is taken is so for its own sake; an empty one is no loss. */
export function unusedOf(files: readonly ContextFile[]): {
  readonly total: ContextSum
  readonly folders: readonly ContextFolder[]
} {
  const unused = files.filter(({ kind, usedBy }) => kind !== 'directory' && usedBy.length === 0)
  const touched = new Set(
    files.flatMap(({ path, usedBy, kind }) =>
      usedBy.length === 0 ? [] : [...foldersAbove(path), ...(kind === 'directory' ? [path] : [])],
    ),
  )
  const tops = new Map<string, { files: number; bytes: number; isFolder: boolean }>()
  for (const { path, size } of unused) {
    const top = foldersAbove(path).find((folder) => !touched.has(folder)) ?? path
    const sum = tops.get(top) ?? { files: 0, bytes: 0, isFolder: top !== path }
    tops.set(top, { ...sum, files: sum.files + 1, bytes: sum.bytes + size })
  }
  return { total: totalOf(unused), folders: [...tops].map(([path, sum]) => ({ path, ...sum })).sort(largestFirst) }
}

/** `a`, `a/b` of `a/b/c`. */
function foldersAbove(path: string): readonly string[] {
  const pieces = path.split('/')
  return pieces.slice(0, -1).map((_, at) => pieces.slice(0, at + 1).join('/'))
}

function largestFirst(a: ContextFolder, b: ContextFolder): number {
  return b.bytes - a.bytes || b.files - a.files || (a.path < b.path ? -1 : 1)
}
