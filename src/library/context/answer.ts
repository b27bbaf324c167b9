import type { Context } from '../../context/index.ts'
import { treePath } from '../../tree/index.ts'
import { lineOf } from './list.ts'
import type { ContextAnswer, ContextFile } from './report.ts'

/** Why a path is in the context or not, and what takes it. */
export function answer(asked: string, context: Context, files: readonly ContextFile[]): ContextAnswer {
  const path = treePath(asked)
  const lines = context.rulesFor(path).map(lineOf)
  const decidedBy = lines.at(-1)
  const taken = files.filter((file) => path === '' || file.path === path || file.path.startsWith(`${path}/`))
  const usedBy = [...new Set(taken.flatMap((file) => (file.kind === 'directory' ? [] : file.usedBy)))]
  const own = files.find((file) => file.path === path)
  return {
    path: path === '' ? '.' : path,
    outcome: outcomeOf(
      path,
      context,
      { isThere: own !== undefined, ignored: decidedBy?.pattern[0] !== '!' },
      decidedBy,
    ),
    ...(decidedBy && { decidedBy }),
    lines,
    usedBy: (usedBy.length > 0 ? usedBy : [...(own?.usedBy ?? [])]).sort((a, b) => a - b),
  }
}

function outcomeOf(
  path: string,
  context: Context,
  { isThere, ignored }: { readonly isThere: boolean; readonly ignored: boolean },
  decidedBy: ContextAnswer['decidedBy'],
): ContextAnswer['outcome'] {
  if (path === '') return 'sent'
  if (isThere) return decidedBy && ignored ? 'partly' : 'sent'
  return context.wasAt(path) ? 'ignored' : 'missing'
}
