import type { CopyOp, Op, OpId, RunOp } from '../graph/index.ts'
import { type Entry, type FileTree, type TreePath, walkApart } from '../tree/index.ts'
import { mountSource } from './mounts/bind.ts'
import { chooseFiles } from './ops/choose.ts'
import type { OpContext } from './ops/op-executor.ts'
import type { ContextFiles } from './ports.ts'

/** Something of a context that an op asks for: a source of a COPY, or of a bind mount. */
export interface WantedOfContext {
  /** As it is written. */
  readonly source: string
  /** The files below it are taken one by one: looking at them may take long, and throws what a build would throw. */
  paths(): Promise<Iterable<TreePath>>
}

/** What an op takes of a context, of which each is what a build would take. Nothing is looked at before it is asked for. */
export function takenPaths(op: Op, context: OpId, files: ContextFiles): readonly WantedOfContext[] {
  const value = { kind: 'context', name: 'context', files } as const
  const seen: Pick<OpContext, 'inputs'> = {
    inputs: {
      value: () => value,
      snapshot() {
        throw new Error('a context is no snapshot')
      },
    },
  }
  if (op.kind === 'copy') return sourcesOf(op, context, seen)
  return op.kind === 'run' ? mountsOf(op, context, seen) : []
}

function sourcesOf(op: CopyOp, context: OpId, seen: Pick<OpContext, 'inputs'>): readonly WantedOfContext[] {
  return op.sources
    .filter(({ from }) => from === context)
    .map((source) => ({
      source: source.path,
      async paths() {
        const chosen = await chooseFiles({ ...op, sources: [source] }, seen)
        return chosen.flatMap(({ files }) => files.flatMap(({ tree, entry }) => pathsOf(tree, entry)))
      },
    }))
}

function mountsOf(op: RunOp, context: OpId, seen: Pick<OpContext, 'inputs'>): readonly WantedOfContext[] {
  return op.mounts.flatMap((mount) => {
    if (!('from' in mount) || mount.from !== context) return []
    const source = mount.source ?? '/'
    return {
      source,
      async paths() {
        const { tree, entry } = await mountSource(context, source, seen)
        return pathsOf(tree, entry)
      },
    }
  })
}

function pathsOf(tree: FileTree, entry: Entry): readonly TreePath[] {
  if (entry.kind !== 'directory') return [entry.path]
  return [entry.path, ...Array.from(walkApart(tree, entry.path), ({ path }) => path)]
}
