import { type Digest, digestOf, type Json } from '../digest/index.ts'
import type { CacheKey, CacheRecord, KeyComponents, LayerRecord, Records } from './cache.ts'
import { chainOf } from './chain.ts'
import { isCacheKey } from './key.ts'
import { formatFiles, formatRecord, parseFiles, parseRecord } from './record-file.ts'
import type { Shelf } from './shelf.ts'

/** Where the files of the records are. */
export interface RecordShelves {
  readonly records: Shelf
  readonly files: Shelf
  /** key → another key */
  readonly aliases: Shelf
  /** identity of a step → the keys of its newest records, newest first */
  readonly steps: Shelf
  /** parent and content id → the key of the oldest record */
  readonly contents: Shelf
}

/**
 * @param isAvailable whether a layer is here in any form, or can be fetched
 * @param now milliseconds since 1970
 */
export function openRecords(
  shelves: RecordShelves,
  isAvailable: (layer: LayerRecord) => Promise<boolean>,
  now: () => number,
): Records {
  const read = async (key: CacheKey) => parseRecord((await shelves.records.get(key)) ?? '', key)
  const findExact = async (key: CacheKey) => {
    const record = await read(key)
    return record && (await isAvailable(record.layer)) && shelves.records.use(key, now()) ? record : undefined
  }
  const atAlias = async (key: CacheKey) => {
    const [target] = keysIn(await shelves.aliases.get(key))
    return target && findExact(target)
  }
  /** A step that is not the same each time has its record written anew, so the place may name one of another content. */
  const sameContent = async (parent: Digest | undefined, contentId: Digest) => {
    const [key] = keysIn(await shelves.contents.get(contentPlace(parent, contentId)))
    const record = key && (await findExact(key))
    return record && record.layer.contentId === contentId ? record : undefined
  }
  const ofStep = async (components: Pick<KeyComponents, 'definition'>) => {
    const keys = keysIn(await shelves.steps.get(stepIdentity(components)))
    return (await Promise.all(keys.map(read))).filter((record) => record !== undefined)
  }
  return {
    find: async (key) => (await findExact(key)) ?? (await atAlias(key)),
    async save(record) {
      await shelves.records.put(record.key, formatRecord(record))
      if (record.files) await shelves.files.put(record.key, formatFiles(record.files))
      await rememberStep(shelves.steps, record)
      const { parent } = record.components
      const { contentId } = record.layer
      if (await sameContent(parent, contentId)) return
      await shelves.contents.put(contentPlace(parent, contentId), record.key)
    },
    async alias(key, to) {
      if ((await shelves.aliases.get(key)) !== to) await shelves.aliases.put(key, to)
    },
    async nearest(components) {
      const best = mostAlike(components, await ofStep(components))
      return best && withFiles(best, shelves.files)
    },
    async whichGave(components, chain) {
      const records = await ofStep(components)
      return records.find(({ components: { parent }, layer }) => parent && chainOf(parent, layer.contentId) === chain)
    },
    async hasLike({ definition, parent }) {
      const wanted = digestOf(definition)
      const records = await ofStep({ definition })
      return records.some((one) => one.components.parent === parent && digestOf(one.components.definition) === wanted)
    },
    sameContent,
  }
}

/** How many records of a step are held against a new one. Several projects may have the same `COPY . /app`. */
const rememberedSteps = 8

/** Two processes at once may lose one of two keys: an explanation is the poorer, no more. */
async function rememberStep(steps: Shelf, { key, components }: CacheRecord): Promise<void> {
  const place = stepIdentity(components)
  const others = keysIn(await steps.get(place)).filter((other) => other !== key)
  await steps.put(place, [key, ...others].slice(0, rememberedSteps).join('\n'))
}

/** What a person would call the same step: its kind, and what it runs or where it puts files. */
export function stepIdentity({ definition }: Pick<KeyComponents, 'definition'>): Digest {
  const members = Object(definition) as { readonly [key: string]: Json | undefined }
  return digestOf([members['kind'] ?? null, members['dest'] ?? members['argv'] ?? members['path'] ?? null])
}

/** The keys in a file, one a line. Whatever else is in it is passed over. */
export function keysIn(text = ''): readonly CacheKey[] {
  return text.split('\n').filter(isCacheKey)
}

function contentPlace(parent: Digest | undefined, contentId: Digest): Digest {
  return digestOf([parent ?? null, contentId])
}

/**
 * The newest of those that share most with the components, when the newest come first. Steps that put other files to the same
 * place, as `COPY a /` and `COPY b /` of two projects, have nothing to do with one another.
 */
export function mostAlike(components: KeyComponents, records: readonly CacheRecord[]): CacheRecord | undefined {
  const scored = records
    .filter((record) => sharesSources(components, record.components))
    .map((record) => ({ record, score: alikeness(components, record.components) }))
  return scored.reduce<(typeof scored)[number] | undefined>(
    (best, next) => (best && best.score >= next.score ? best : next),
    undefined,
  )?.record
}

function sharesSources(a: KeyComponents, b: KeyComponents): boolean {
  const [some, others] = [sourcesOf(a), new Set(sourcesOf(b))]
  return (some.length === 0 && others.size === 0) || some.some((source) => others.has(source))
}

/** Of a COPY or ADD, as they are written: paths, and names of heredocs. */
function sourcesOf({ definition }: KeyComponents): readonly string[] {
  const { sources, inline } = Object(definition) as { readonly [key: string]: Json | undefined }
  const all = [sources, inline].flatMap((list) => (Array.isArray(list) ? list : []))
  return all.flatMap((source) => (Array.isArray(source) && typeof source[0] === 'string' ? [source[0]] : []))
}

function alikeness(a: KeyComponents, b: KeyComponents): number {
  const inputs = a.inputs.filter((input, i) => b.inputs[i]?.name === input.name && b.inputs[i]?.id === input.id)
  return (digestOf(a.definition) === digestOf(b.definition) ? 2 : 0) + (a.parent === b.parent ? 2 : 0) + inputs.length
}

async function withFiles(record: CacheRecord, files: Shelf): Promise<CacheRecord> {
  const text = await files.get(record.key)
  const taken = text === undefined ? undefined : parseFiles(text)
  return taken ? { ...record, files: taken } : record
}
