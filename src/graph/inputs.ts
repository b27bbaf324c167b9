import { digestOf, type Json } from '../digest/index.ts'
import type { Op, OpId } from './op.ts'

/** The name of an op: the same fields give the same name. */
export function opId(op: Op): OpId {
  return digestOf(op as unknown as Json) as OpId
}

/** The ops that an op reads, each once: the snapshot below first. */
export function inputsOf(op: Op): readonly OpId[] {
  switch (op.kind) {
    case 'image':
    case 'scratch':
    case 'context':
    case 'http':
    case 'git':
      return []
    case 'copy':
      return unique([...(op.link ? [] : [op.onto]), ...op.sources.map((source) => source.from), op.onto])
    case 'run':
      return unique([op.onto, ...op.mounts.flatMap((mount) => ('from' in mount && mount.from ? [mount.from] : []))])
    case 'mkdir':
      return [op.onto]
  }
}

function unique(ids: readonly OpId[]): readonly OpId[] {
  return [...new Set(ids)]
}
