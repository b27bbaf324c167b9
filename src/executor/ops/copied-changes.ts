import { rm } from 'node:fs/promises'
import type { CopyOp } from '../../graph/index.ts'
import { defaultLimits, type Limits } from '../../limits.ts'
import { type Change, type Entry, editTree, type TreeEditor, treeOfEntries, treePath } from '../../tree/index.ts'
import type { ChosenSource } from './choose.ts'
import { parseMode } from './mode.ts'
import type { OpContext } from './op-executor.ts'
import { ownerOf } from './owner.ts'
import { type Placement, placeFile } from './place.ts'
import { unpackArchive } from './unpack.ts'

/** Gives what the layer says to somebody who reads the files at once: those of archives are gone afterwards. */
export async function changesOf<T>(
  op: CopyOp,
  chosen: readonly ChosenSource[],
  context: OpContext,
  use: (changes: readonly Change[]) => Promise<T>,
): Promise<T> {
  const below = op.link ? treeOfEntries<Entry>([]) : await context.inputs.snapshot(op.onto).tree()
  const files = editTree(below)
  const scratch = await context.ports.temporary('copy')
  try {
    const limits = context.ports.limits ?? defaultLimits
    await placeAll(op, chosen, files, await placementOf(op, context), { scratch, limits })
    return await use(files.changes())
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function placementOf(op: CopyOp, { inputs, ports, notice }: OpContext): Promise<Placement> {
  const below = op.link ? undefined : inputs.snapshot(op.onto)
  return {
    owner: op.chown === undefined ? undefined : await ownerOf(op.chown, below, '--chown', notice, ports.limits),
    mode: op.chmod === undefined ? undefined : parseMode(op.chmod),
    now: Math.floor(ports.now() / 1000),
  }
}

async function placeAll(
  op: CopyOp,
  sources: readonly ChosenSource[],
  files: TreeEditor,
  placement: Placement,
  { scratch, limits }: { readonly scratch: string; readonly limits: Limits },
) {
  for (const source of sources) {
    for (const chosen of source.files) {
      const unpacked = source.unpack && (await unpackArchive(files, chosen, op.dest, placement, scratch, limits))
      if (!unpacked) placeFile(files, chosen, op.dest, placement)
    }
  }
  for (const { name, text } of op.inline) placeFile(files, inlineFile(name, text, placement.now), op.dest, placement)
}

/** A heredoc as a file that could have been in a context. */
function inlineFile(name: string, text: string, mtime: number) {
  const bytes = new TextEncoder().encode(text)
  const path = treePath(name)
  const content = { kind: 'bytes', bytes } as const
  const entry = { kind: 'file', path, mode: 0o644, uid: 0, gid: 0, mtime, size: bytes.length, content } as const
  return { tree: treeOfEntries([entry]), entry, name }
}
