import type { KeyComponents, Records } from '../../cache/index.ts'
import { type Digest, type Json, sha256 } from '../../digest/index.ts'
import type { CopyOp, OpOf } from '../../graph/index.ts'
import { absolutePath, type ContentList, contentOf, type DigestOf, type Entry, walkApart } from '../../tree/index.ts'
import { isForced } from '../ports.ts'
import { type ChosenSource, chooseFiles } from './choose.ts'
import type { MadeLayer, OpContext, OpExecutor, TakenFiles } from './op-executor.ts'
import type { ChosenFile } from './place.ts'
import { chainsOf } from './quick-key.ts'
import { rememberContent, seenContent } from './seen-content.ts'

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
    const { ids, listOf, made } = await contentsOf(op, chosen, context, known)
    const components = { ...known, inputs: ids }
    return { components, files: () => takenFiles(chosen, listOf), ...(made && { made }) }
  },
  async run(op, context) {
    const { layers, signal, older } = context
    const chosen = await chooseFiles(op, context)
    return (await placing()).changesOf(op, chosen, context, (changes) => layers.fromChanges(changes, signal, older))
  },
}

/** What puts files where they go is loaded with the first copy that is made. */
const placing = () => import('./copied-changes.ts')

type Known = Pick<KeyComponents, 'definition' | 'parent'>

interface Contents {
  readonly ids: KeyComponents['inputs']
  readonly listOf: ListOf
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
  let isKeyed = false
  /** A key that was found without reading may be of use; what is read then is for explaining a miss. */
  const orUseless = async () => {
    asked ??= isKeyed ? undefined : refuseUseless(known, ports.cache.records)
    await asked
  }
  if (isForced(node, ports)) return contentsOfMade(op, chosen, context, started)
  const digestOf: DigestOf = (file) => ports.cache.digests.digest(file, orUseless)
  try {
    const listOf = listsOf(digestOf)
    const idOf = (source: ChosenSource) => seenContent(source, ports, async () => idOfSource(await listOf(source)))
    const ids = await idsOf(chosen, idOf)
    isKeyed = true
    return { ids, listOf }
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
  const { layers, ports, signal } = context
  context.begin()
  const made = await (await placing()).changesOf(op, chosen, context, (changes) => layers.prepare(changes, signal))
  const digestOf: DigestOf = (file) => made.digestOf(file) ?? ports.cache.digests.digest(file)
  const listOf = listsOf(digestOf)
  const ids = await idsOf(chosen, async (source) => {
    const id = idOfSource(await listOf(source))
    await rememberContent(source, ports, id, started)
    return id
  })
  return { ids, listOf, made: { started, keep: made.keep, drop: made.drop } }
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

/** What of a source counts: every entry that will be taken, by the names that were asked for. */
type SourceContent = readonly (readonly [name: string, content: ContentList])[]

type ListOf = (source: ChosenSource) => Promise<SourceContent>

/** The content of each source is taken once. */
function listsOf(digestOf: DigestOf): ListOf {
  const known = new Map<ChosenSource, SourceContent>()
  return async (source) => {
    const content = known.get(source) ?? (await listSource(source, digestOf))
    known.set(source, content)
    return content
  }
}

async function listSource({ files }: ChosenSource, digestOf: DigestOf): Promise<SourceContent> {
  const content = []
  for (const file of files) content.push([file.name, await contentOf(entriesOf(file), digestOf)] as const)
  return content
}

function idOfSource(content: SourceContent): Digest {
  return sha256(JSON.stringify(content.map(([name, { id }]) => [name, id])))
}

/** The same, entry by entry, for saying later which of them changed. */
async function takenFiles(chosen: readonly ChosenSource[], listOf: ListOf): Promise<TakenFiles> {
  const contents = await Promise.all(chosen.map(listOf))
  const taken = []
  for (const [, content] of contents.flat()) {
    for (const [path, text] of content.texts()) taken.push([absolutePath(path), text] as const)
  }
  return taken
}

function entriesOf({ tree, entry }: ChosenFile): Iterable<Entry> {
  return entry.kind === 'directory' ? walkApart(tree, entry.path) : [entry]
}
