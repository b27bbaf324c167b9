import { type Digest, isDigest, seal, unseal } from '../digest/index.ts'
import type { Descriptor } from '../image/index.ts'
import type { CacheKey, CacheRecord, KeyComponents, LayerRecord } from './cache.ts'

/** Files of a COPY are only for explaining a miss, and may be many: they have a file of their own. */
export type TakenFiles = NonNullable<CacheRecord['files']>

const version = 1
const versionOfFiles = 2

/** The text of a record without its files. */
export function formatRecord({ files: _files, source: _source, ...record }: CacheRecord): string {
  return seal(JSON.stringify({ version, record }))
}

/** The text of a record's files. */
export function formatFiles(files: TakenFiles): string {
  return seal(JSON.stringify({ version: versionOfFiles, files }))
}

/**
 * Reads what `formatRecord` wrote. Checked by hand, since a build in which all is cached reads little else.
 * @returns undefined for anything else, of another version, or about another key
 */
export function parseRecord(text: string, key: CacheKey): CacheRecord | undefined {
  const record = membersOf(text, version)?.['record']
  return isRecord(record) && record.key === key ? record : undefined
}

/** Reads what `formatFiles` wrote, else undefined. */
export function parseFiles(text: string): TakenFiles | undefined {
  const files = membersOf(text, versionOfFiles)?.['files']
  return Array.isArray(files) && files.every(isTakenFile) ? files : undefined
}

function membersOf(sealed: string, version: number): Members | undefined {
  const text = unseal(sealed)
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) && value['version'] === version ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

type Members = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isRecord(value: unknown): value is CacheRecord {
  return (
    isObject(value) &&
    isDigestText(value['key']) &&
    isLayer(value['layer']) &&
    typeof value['created'] === 'string' &&
    !Number.isNaN(Date.parse(value['created'])) &&
    isCount(value['milliseconds']) &&
    isComponents(value['components']) &&
    (value['base'] === undefined || isBase(value['base'])) &&
    (value['without'] === undefined || isTexts(value['without']))
  )
}

function isLayer(value: unknown): value is LayerRecord {
  return (
    isObject(value) &&
    isDigestText(value['diffId']) &&
    isDigestText(value['contentId']) &&
    isDescriptor(value['descriptor'])
  )
}

function isBase(value: unknown): value is NonNullable<CacheRecord['base']> {
  return isObject(value) && typeof value['name'] === 'string' && isDigestText(value['manifest'])
}

function isDescriptor(value: unknown): value is Descriptor {
  return (
    isObject(value) &&
    typeof value['mediaType'] === 'string' &&
    isDigestText(value['digest']) &&
    Number.isSafeInteger(value['size']) &&
    isCount(value['size'])
  )
}

function isComponents(value: unknown): value is KeyComponents {
  return (
    isObject(value) &&
    value['definition'] !== undefined &&
    (value['parent'] === undefined || isDigestText(value['parent'])) &&
    Array.isArray(value['inputs']) &&
    value['inputs'].every((input) => isObject(input) && typeof input['name'] === 'string' && isDigestText(input['id']))
  )
}

function isTakenFile(value: unknown): value is readonly [string, string] {
  return isTexts(value) && value.length === 2
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string')
}

function isDigestText(value: unknown): value is Digest {
  return typeof value === 'string' && isDigest(value)
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
