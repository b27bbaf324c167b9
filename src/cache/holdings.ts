import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Digest, isDigest, type Json } from '../digest/index.ts'
import { isSystemError } from '../errors.ts'
import type { CacheKey, CacheRecord } from './cache.ts'
import { chainOf } from './chain.ts'
import { isCacheKey } from './key.ts'
import { parsePack } from './packed.ts'
import { parseRecord } from './record-file.ts'
import { keysIn } from './records.ts'
import { strangersIn } from './strangers.ts'

/** A record, and the files that are of use with it alone. */
export interface HeldRecord {
  readonly record: CacheRecord
  /** Its own file: the times of that say when it was last used. */
  readonly file: string
  readonly others: readonly string[]
}

/** All that is in `cache/` but what was fetched (`remote/`), by what it is of use for. Paths are absolute. */
export interface CacheHoldings {
  readonly records: readonly HeldRecord[]
  /** Forms of layers by the hex digits of their diff id. */
  readonly forms: ReadonlyMap<string, readonly string[]>
  /** Layers as they left compressed, with the texts that lead there, by the digest of their blob. */
  readonly packed: ReadonlyMap<Digest, readonly string[]>
  /** What only saves time in looking something up, by what it is. */
  readonly memos: ReadonlyMap<string, readonly string[]>
  /** What leads nowhere or is damaged. */
  readonly loose: readonly string[]
  /** What is not of tsbuild, or of another version. */
  readonly strange: readonly string[]
}

/** Looks at every file of the records, and at the names of all others. Takes no lock: what goes meanwhile is passed over. */
export function cacheHoldings(root: string): CacheHoldings {
  const folder = join(root, 'cache')
  const loose: string[] = []
  const { records, keys } = recordsIn(folder, loose)
  const { packed, files } = packedIn(folder, loose)
  loose.push(...namesIn(join(folder, 'packed')).filter((file) => !files.has(file)))
  return {
    records: records.map(({ record, file }) => ({ record, file, others: keys.get(record.key) ?? [] })),
    forms: formsIn(folder),
    packed,
    memos: new Map([
      ['plans', shelfFiles(join(folder, 'plans')).map(({ file }) => file)],
      ['surveys', shelfFiles(join(folder, 'surveys')).map(({ file }) => file)],
      ['looks at layers', shelfFiles(join(folder, 'intact')).map(({ file }) => file)],
      ['steps', stepsIn(folder, keys, loose)],
      ['stat index', [join(folder, 'stat-index')]],
      ['probes', [join(folder, 'probes.json')]],
    ]),
    loose,
    strange: strangersIn(root).map((name) => join(folder, name)),
  }
}

/** The chain of the files that a record's layer is the top of; undefined with `COPY --link`. */
export function chainAbove({ components, layer }: CacheRecord): Digest | undefined {
  return components.parent && chainOf(components.parent, layer.contentId)
}

/** What a record says of its step, for people: `RUN make`, `COPY . /app`. */
export function describeRecord({ components }: CacheRecord): string {
  const { kind, argv, dest, path } = Object(components.definition) as { readonly [key: string]: Json | undefined }
  const words = Array.isArray(argv) ? argv.join(' ') : (dest ?? path ?? '')
  return `${String(kind)} ${String(words)}`.trim()
}

type Keys = Map<CacheKey, string[]>

/** Records, and for each key the files that are of no use without it. */
function recordsIn(folder: string, loose: string[]) {
  const records: { readonly record: CacheRecord; readonly file: string }[] = []
  const keys: Keys = new Map()
  for (const { digest, file } of shelfFiles(join(folder, 'records'))) {
    const record = isCacheKey(digest) ? parseRecord(textOf(file), digest) : undefined
    if (record) records.push({ record, file })
    else loose.push(file)
    if (record) keys.set(record.key, [])
  }
  for (const shelf of ['files', 'aliases', 'contents']) {
    for (const { digest, file } of shelfFiles(join(folder, shelf))) {
      const [key] = shelf === 'files' ? keysIn(digest) : keysIn(textOf(file))
      const files = key && keys.get(key)
      if (files) files.push(file)
      else loose.push(file)
    }
  }
  return { records, keys }
}

/** The lists of the newest records of steps, but those of which no record is left. */
function stepsIn(folder: string, keys: Keys, loose: string[]): readonly string[] {
  const files = shelfFiles(join(folder, 'steps')).map(({ file }) => file)
  const isOfUse = (file: string) => keysIn(textOf(file)).some((key) => keys.has(key))
  const { kept = [], gone = [] } = Object.groupBy(files, (file) => (isOfUse(file) ? 'kept' : 'gone'))
  loose.push(...gone)
  return kept
}

function formsIn(folder: string): ReadonlyMap<string, readonly string[]> {
  const images = namesIn(join(folder, 'erofs')).flatMap(namesIn)
  const flat = [...namesIn(join(folder, 'tars')), ...images].map((file) => ({ hex: lastName(file), file }))
  const indexes = shelfFiles(join(folder, 'layers')).map(({ digest, file }) => ({ hex: digest.slice(7), file }))
  const forms = new Map<string, string[]>()
  for (const { hex, file } of [...flat, ...indexes]) forms.set(hex, [...(forms.get(hex) ?? []), file])
  return forms
}

function packedIn(folder: string, loose: string[]) {
  const packed = new Map<Digest, string[]>()
  const files = new Set<string>()
  for (const { file } of shelfFiles(join(folder, 'packs'))) {
    const pack = parsePack(textOf(file))
    if (!pack) {
      loose.push(file)
      continue
    }
    const place = join(folder, 'packed', pack.digest.slice(7))
    files.add(place)
    packed.set(pack.layer, [...(packed.get(pack.layer) ?? []), file, place])
  }
  return { packed, files }
}

/** The files of a shelf: `ab/cdef…`. */
function shelfFiles(folder: string): readonly { readonly digest: Digest; readonly file: string }[] {
  return namesIn(folder).flatMap((start) =>
    namesIn(start).flatMap((file) => {
      const digest = `sha256:${lastName(start)}${lastName(file)}`
      return isDigest(digest) ? [{ digest, file }] : []
    }),
  )
}

/** Paths of what is in a directory; none when it is not there. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name))
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  }
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EISDIR')) return ''
    throw error
  }
}
