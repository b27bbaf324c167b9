import { rm } from 'node:fs/promises'
import type { Json } from '../../digest/index.ts'
import { sha256 } from '../../digest/index.ts'
import type { CopyOp, OpOf } from '../../graph/index.ts'
import {
  absolutePath,
  contentId,
  type Entry,
  editTree,
  rootPath,
  type TreeEditor,
  treeOfEntries,
  treePath,
  walkApart,
} from '../../tree/index.ts'
import { type ChosenSource, chooseFiles } from './choose.ts'
import { parseMode } from './mode.ts'
import type { OpContext, OpExecutor, TakenFiles } from './op-executor.ts'
import { ownerOf } from './owner.ts'
import { type ChosenFile, type Placement, placeFile } from './place.ts'
import { chainsOf } from './quick-key.ts'
import { seenContent } from './seen-content.ts'
import { unpackArchive } from './unpack.ts'

/** COPY, and ADD of files: one layer with the chosen files in their new places. */
export const copy: OpExecutor<OpOf<'copy'>> = {
  version: 'copy.v2',
  quickKey(op, { inputs }) {
    const chains = chainsOf(op.sources, inputs)
    return chains && { definition: definitionOf(op), ...parentOf(op, inputs), inputs: chains }
  },
  /** The filesystem below, and name, mode, owner and content of each chosen file; not its mtime (decision 0003). */
  async key(op, context) {
    const chosen = await chooseFiles(op, context)
    const ids = await Promise.all(
      chosen.map(async (source) => ({
        name: source.name,
        id: await seenContent(source, context.ports, () => contentOf(source, context)),
      })),
    )
    const components = { definition: definitionOf(op), ...parentOf(op, context.inputs), inputs: ids }
    return { components, files: () => takenFiles(chosen, context) }
  },
  async run(op, context) {
    const { inputs, ports, signal } = context
    const below = op.link ? treeOfEntries<Entry>([]) : await inputs.snapshot(op.onto).tree()
    const files = editTree(below)
    const scratch = await ports.temporary('copy')
    try {
      await placeAll(op, files, await placementOf(op, context), scratch, context)
      return await ports.cache.layers.fromChanges(files.changes(), signal)
    } finally {
      await rm(scratch, { recursive: true, force: true })
    }
  },
}

function definitionOf(op: CopyOp): Json {
  const { kind, dest, chown, chmod, link, parents, excludes, inline } = op
  const sources = op.sources.map(({ path, unpack = false }) => [path, unpack])
  return {
    kind,
    dest,
    chown,
    chmod,
    link,
    parents,
    excludes,
    sources,
    inline: inline.map(({ name, text }) => [name, text]),
  }
}

function parentOf(op: CopyOp, inputs: OpContext['inputs']) {
  return op.link ? {} : { parent: inputs.snapshot(op.onto).chain }
}

/** What of a source counts: every entry that will be taken. */
async function contentOf({ files }: ChosenSource, { ports }: OpContext) {
  const ids = []
  for (const file of files) ids.push([file.name, await contentId(entriesOf(file), ports.cache.digests.digest)])
  return sha256(JSON.stringify(ids))
}

/** The same, entry by entry, for saying later which of them changed. */
async function takenFiles(chosen: readonly ChosenSource[], { ports }: OpContext): Promise<TakenFiles> {
  const taken = []
  for (const entry of chosen.flatMap((source) => source.files).flatMap((file) => [...entriesOf(file)])) {
    const id = await contentId([{ ...entry, path: rootPath }], ports.cache.digests.digest)
    taken.push([absolutePath(entry.path), id] as const)
  }
  return taken
}

function entriesOf({ tree, entry }: ChosenFile): Iterable<Entry> {
  return entry.kind === 'directory' ? walkApart(tree, entry.path) : [entry]
}

async function placementOf(op: CopyOp, { inputs, ports, notice }: OpContext): Promise<Placement> {
  const below = op.link ? undefined : inputs.snapshot(op.onto)
  return {
    owner: op.chown === undefined ? undefined : await ownerOf(op.chown, below, '--chown', notice),
    mode: op.chmod === undefined ? undefined : parseMode(op.chmod),
    now: Math.floor(ports.now() / 1000),
  }
}

async function placeAll(op: CopyOp, files: TreeEditor, placement: Placement, scratch: string, context: OpContext) {
  for (const source of await chooseFiles(op, context)) {
    for (const chosen of source.files) {
      const unpacked = source.unpack && (await unpackArchive(files, chosen, op.dest, placement, scratch))
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
