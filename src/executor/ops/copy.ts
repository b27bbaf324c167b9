import { rm } from 'node:fs/promises'
import type { KeyComponents, Records } from '../../cache/index.ts'
import { type Digest, type Json, sha256 } from '../../digest/index.ts'
import type { CopyOp, OpOf } from '../../graph/index.ts'
import {
  absolutePath,
  type Change,
  changeId,
  contentId,
  type DigestOf,
  type Entry,
  editTree,
  type TreeEditor,
  treeOfEntries,
  treePath,
  walkApart,
} from '../../tree/index.ts'
import { type ChosenSource, chooseFiles } from './choose.ts'
import { parseMode } from './mode.ts'
import type { MadeLayer, OpContext, OpExecutor, TakenFiles } from './op-executor.ts'
import { ownerOf } from './owner.ts'
import { type ChosenFile, type Placement, placeFile } from './place.ts'
import { chainsOf } from './quick-key.ts'
import { rememberContent, seenContent } from './seen-content.ts'
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
    const known = { definition: definitionOf(op), ...parentOf(op, context.inputs) }
    const chosen = await chooseFiles(op, context)
    const { ids, digestOf, made } = await contentsOf(op, chosen, context, known)
    const components = { ...known, inputs: ids }
    return { components, files: () => takenFiles(chosen, digestOf), ...(made && { made }) }
  },
  async run(op, context) {
    const { ports, signal, older } = context
    const chosen = await chooseFiles(op, context)
    return changesOf(op, chosen, context, (changes) => ports.cache.layers.fromChanges(changes, signal, older))
  },
}

type Known = Pick<KeyComponents, 'definition' | 'parent'>

interface Contents {
  readonly ids: KeyComponents['inputs']
  readonly digestOf: DigestOf
  readonly made?: MadeLayer
}

/**
 * What of each source counts. Files are read when the stat index does not know them; when nothing could be found by the key
 * then, the layer is made at once, and the digests are those of the bytes that went into it (decision 0019).
 */
async function contentsOf(
  op: CopyOp,
  chosen: readonly ChosenSource[],
  context: OpContext,
  known: Known,
): Promise<Contents> {
  const { node, ports } = context
  const started = ports.now()
  let asked: Promise<void> | undefined
  const orUseless = () => {
    asked ??= refuseUseless(known, ports.cache.records)
    return asked
  }
  if (node.noCache) return contentsOfMade(op, chosen, context, started)
  const digestOf: DigestOf = (file) => ports.cache.digests.digest(file, orUseless)
  try {
    const idOf = (source: ChosenSource) => seenContent(source, ports, () => contentOf(source, digestOf))
    return { ids: await idsOf(chosen, idOf), digestOf }
  } catch (error) {
    if (error instanceof UselessKey) return contentsOfMade(op, chosen, context, started)
    throw error
  }
}

/** Nothing can be found by a key. */
class UselessKey extends Error {}

async function refuseUseless(known: Known, records: Records): Promise<void> {
  if (!(await records.hasLike(known))) throw new UselessKey()
}

async function contentsOfMade(
  op: CopyOp,
  chosen: readonly ChosenSource[],
  context: OpContext,
  started: number,
): Promise<Contents> {
  const { ports, signal } = context
  const made = await changesOf(op, chosen, context, (changes) => ports.cache.layers.prepare(changes, signal))
  const digestOf: DigestOf = (file) => made.digestOf(file) ?? ports.cache.digests.digest(file)
  const ids = await idsOf(chosen, async (source) => {
    const id = await contentOf(source, digestOf)
    await rememberContent(source, ports, id, started)
    return id
  })
  return { ids, digestOf, made: { started, keep: made.keep, drop: made.drop } }
}

/** Gives what the layer says to somebody who reads the files at once: those of archives are gone afterwards. */
async function changesOf<T>(
  op: CopyOp,
  chosen: readonly ChosenSource[],
  context: OpContext,
  use: (changes: readonly Change[]) => Promise<T>,
): Promise<T> {
  const below = op.link ? treeOfEntries<Entry>([]) : await context.inputs.snapshot(op.onto).tree()
  const files = editTree(below)
  const scratch = await context.ports.temporary('copy')
  try {
    await placeAll(op, chosen, files, await placementOf(op, context), scratch)
    return await use(files.changes())
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
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

function idsOf(
  chosen: readonly ChosenSource[],
  idOf: (source: ChosenSource) => Promise<Digest>,
): Promise<KeyComponents['inputs']> {
  return Promise.all(chosen.map(async (source) => ({ name: source.name, id: await idOf(source) })))
}

/** What of a source counts: every entry that will be taken. */
async function contentOf({ files }: ChosenSource, digestOf: DigestOf) {
  const ids = []
  for (const file of files) ids.push([file.name, await contentId(entriesOf(file), digestOf)])
  return sha256(JSON.stringify(ids))
}

/** The same, entry by entry, for saying later which of them changed. */
async function takenFiles(chosen: readonly ChosenSource[], digestOf: DigestOf): Promise<TakenFiles> {
  const taken = []
  for (const file of chosen.flatMap((source) => source.files)) {
    for (const entry of entriesOf(file)) {
      const id = changeId(entry, digestOf)
      taken.push([absolutePath(entry.path), typeof id === 'string' ? id : await id] as const)
    }
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

async function placeAll(
  op: CopyOp,
  sources: readonly ChosenSource[],
  files: TreeEditor,
  placement: Placement,
  scratch: string,
) {
  for (const source of sources) {
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
