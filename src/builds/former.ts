import { open, readFile } from 'node:fs/promises'
import { isSystemError } from '../errors.ts'
import type { Former, FormerFailure } from '../executor/index.ts'
import { placeText, withoutPlace } from './compare.ts'
import { differencesOf } from './earlier.ts'
import { buildNumbers, recordFile } from './files.ts'
import type { BuildRecord } from './record.ts'

/** What a build was asked for. */
interface Asked {
  readonly context: string
  readonly dockerfile: string
  readonly target?: string | undefined
  readonly platforms: readonly string[]
}

/**
 * Looks into records of the same context when first asked, the newest first, and into no more than it has to.
 * @param labels of all steps of this build: an instruction that only moved is no former one
 */
export function formerSteps(root: string, of: Asked, labels: () => readonly string[]): Former {
  const recordAt = recordsOf(root, of.context)
  let steps: Promise<ReadonlyMap<string, string>> | undefined
  let present: ReadonlySet<string> | undefined
  let failures: ReturnType<typeof failuresIn> | undefined
  let keys: ReturnType<typeof keysIn> | undefined
  return {
    async instruction({ label }) {
      const place = placeText(label)
      if (place === undefined) return undefined
      steps ??= stepsOfLast(recordAt, of)
      present ??= new Set(labels().map(withoutPlace))
      const [before, now] = [(await steps).get(place), withoutPlace(label)]
      return before === undefined || before === now || present.has(before) ? undefined : { before, now }
    },
    async failure(name) {
      failures ??= failuresIn(recordAt)
      const failed = (await failures).get(name)
      // One that went well since, and whose result is gone, has no failure to tell of.
      for (let at = 0; failed && at < failed.at; at++) if ((await recordAt(at))?.text.includes(name)) return undefined
      return failed?.failure
    },
    async result(key) {
      keys ??= keysIn(recordAt)
      for (const record of (await keys).get(key) ?? []) {
        const build = await record.read()
        const step = build?.steps.find((one) => one.key === key && (one.outcome === 'ran' || one.outcome === 'cached'))
        if (build && step) return { build: build.number, ...(step.source !== undefined && { source: step.source }) }
      }
      return undefined
    },
  }
}

/** A record as it was written. */
interface WrittenRecord {
  readonly text: string
  /** Checks all of it, once. */
  read(): Promise<BuildRecord | undefined>
}

/** A record of the same context, by how many are newer; undefined beyond the last. */
type RecordAt = (index: number) => Promise<WrittenRecord | undefined>

/** By their places. Of the newest build that was asked for the same, else of the newest of the same Dockerfile. */
async function stepsOfLast(recordAt: RecordAt, of: Asked): Promise<ReadonlyMap<string, string>> {
  const path = JSON.stringify(of.dockerfile)
  let looked = 0
  let last: BuildRecord | undefined
  for (let at = 0; looked < newestRecords; at++) {
    const record = await recordAt(at)
    if (!record) break
    const build = record.text.includes(path) ? await record.read() : undefined
    if (build?.context !== of.context || build.dockerfile?.path !== of.dockerfile || !hasSteps(build)) continue
    const isAlike = differencesOf(build, { ...of, dockerfile: { path: of.dockerfile } }).length === 0
    last = isAlike ? build : (last ?? build)
    if (isAlike) break
    looked++
  }
  return new Map(last?.steps.map(({ label }) => [placeText(label) ?? '', withoutPlace(label)]))
}

/** Records that are looked through, of those that could tell. */
const newestRecords = 8

/** The steps that failed last, by their keys and their ids: in which build, and how many are newer than that. */
async function failuresIn(recordAt: RecordAt) {
  const failures = new Map<string, { readonly failure: FormerFailure; readonly at: number }>()
  for (let at = 0; at < newestRecords; at++) {
    const record = await recordAt(at)
    if (!record) break
    const build = record.text.includes('"outcome":"error"') ? await record.read() : undefined
    const failed = build?.steps.filter(({ outcome }) => outcome === 'error') ?? []
    for (const { key, id, reason } of failed) {
      const failure = { build: build?.number ?? 0, ...(reason && { reason }) }
      for (const name of key ? [id, key] : [id]) if (!failures.has(name)) failures.set(name, { failure, at })
    }
  }
  return failures
}

/** The records that name a key, the newest first. Each text is looked through once: a build may ask for a thousand keys. */
async function keysIn(recordAt: RecordAt): Promise<ReadonlyMap<string, readonly WrittenRecord[]>> {
  const keys = new Map<string, WrittenRecord[]>()
  for (let at = 0; at < newestRecords; at++) {
    const record = await recordAt(at)
    if (!record) break
    for (const [, key = ''] of record.text.matchAll(/"key":"(sha256:[0-9a-f]{64})"/g)) {
      const records = keys.get(key) ?? []
      if (records.at(-1) !== record) records.push(record)
      keys.set(key, records)
    }
  }
  return keys
}

function hasSteps({ steps }: BuildRecord): boolean {
  return steps.some(({ kind }) => kind !== 'internal')
}

function written(text: string): WrittenRecord {
  let read: Promise<BuildRecord | undefined> | undefined
  return {
    text,
    read() {
      read ??= import('./schema.ts').then(({ readRecord }) => readRecord(text))
      return read
    },
  }
}

/** Each is read once, and none before it is asked for. */
function recordsOf(root: string, context: string): RecordAt {
  const found: Promise<WrittenRecord | undefined>[] = []
  const texts = textsOf(root, JSON.stringify(context))
  return async (index) => {
    while (found.length <= index)
      found.push(texts.next().then(({ value }) => (value === undefined ? undefined : written(value))))
    return found[index]
  }
}

/** Bytes of records that are read for one build, all together. */
const mostBytes = 16 << 20

/** Newest first. @param words that a record has at its beginning */
async function* textsOf(root: string, words: string): AsyncGenerator<string, undefined> {
  let left = mostBytes
  for (const number of buildNumbers(root)) {
    const text = await textOf(recordFile(root, number), left, words)
    if (text === undefined) continue
    left -= text.length
    yield text
  }
  return undefined
}

/** Bytes at the beginning of a record, in which its context stands. */
const headBytes = 16 << 10

/** Nothing of a record without these words at its beginning, or longer than `most`. */
async function textOf(path: string, most: number, words: string): Promise<string | undefined> {
  try {
    await using file = await open(path)
    const { size } = await file.stat()
    if (size > most) return undefined
    const { bytesRead, buffer } = await file.read({ buffer: Buffer.alloc(Math.min(size, headBytes)), position: 0 })
    if (!buffer.toString('utf8', 0, bytesRead).includes(words)) return undefined
    return size <= bytesRead ? buffer.toString('utf8', 0, bytesRead) : await readFile(path, 'utf8')
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES')) return undefined
    throw error
  }
}
