import type { CacheFrom, CacheTo } from '../../index.ts'
import { type Fields, ghaKeys, ghaPlace, s3Keys, s3Place } from './cache-services.ts'
import { knownFields, readCsv, readFields, readPairsOf } from './csv.ts'
import { FlagError } from './flag-error.ts'
import { readBoolean } from './output.ts'

/** Those of buildx that say how it is to write what is always written so here. */
const harmless = ['image-manifest', 'oci-mediatypes', 'force-compression', 'compression-level'] as const
/** Of who names one text for both: what says how a cache is written is nothing to who reads it. */
const ofWriting = ['mode', 'compression', 'ignore-error'] as const
const fromRules = ['type', 'required', 'verify', ...ofWriting, ...harmless] as const
const fromKeys = [...fromRules, 'ref', 'src', 'tag'] as const
const toRules = [
  ...(['type', 'mode', 'compression', 'mounts', 'required', 'ignore-error'] as const),
  ...harmless,
] as const
const toKeys = [...toRules, 'ref', 'dest', 'tag'] as const
type ToRule = (typeof toRules)[number]

/**
 * Reads a value of `--cache-from`: `type=registry,ref=REF`, `type=local,src=DIR`, `type=s3,…`, `type=gha`, references alone, or one
 * with what else is said behind it: `REF,required=true`.
 * @throws {FlagError} for an unknown type or key, or when the place is missing
 */
export function readCacheFrom(text: string): readonly CacheFrom[] {
  if (!text.includes('=')) return text.split(',').map((ref) => ({ type: 'registry', ref }))
  const { type, pairs, shown } = typed('--cache-from', text)
  if (type === 's3') {
    const fields = knownFields('--cache-from', shown, pairs, [...fromRules, ...s3Keys])
    return [{ ...s3Place('--cache-from', fields), ...importRules(fields) }]
  }
  if (type === 'gha') {
    const fields = knownFields('--cache-from', shown, pairs, [...fromRules, ...ghaKeys])
    return [{ ...ghaPlace('--cache-from', fields), ...importRules(fields) }]
  }
  const fields = knownFields('--cache-from', shown, pairs, fromKeys, { dest: 'src' })
  const rules = importRules(fields)
  if (type === 'inline') throw new FlagError('--cache-from type=inline: name the image', 'write --cache-from REF')
  if (type === 'registry') return [{ type, ref: place('--cache-from', type, 'ref', fields.get('ref')), ...rules }]
  const tag = fields.get('tag')
  return [{ type, path: place('--cache-from', type, 'src', fields.get('src')), ...(tag && { tag }), ...rules }]
}

function importRules(fields: Fields<(typeof fromRules)[number]>) {
  return {
    ...(readBoolean('required', fields.get('required'), false) && { required: true }),
    ...(readBoolean('verify', fields.get('verify'), false) && { verify: true }),
  }
}

/** Reads a value of `--cache-to`: as `--cache-from`, with `dest=` for a folder, and `type=inline`. Throws as that does. */
export function readCacheTo(text: string): CacheTo {
  if (!text.includes('=')) return { type: 'registry', ref: text }
  const { type, pairs, shown } = typed('--cache-to', text)
  if (type === 's3') {
    const fields = knownFields('--cache-to', shown, pairs, [...toRules, ...s3Keys])
    return { ...s3Place('--cache-to', fields), ...exportRules(fields) }
  }
  if (type === 'gha') {
    const fields = knownFields('--cache-to', shown, pairs, [...toRules, ...ghaKeys])
    return { ...ghaPlace('--cache-to', fields), ...exportRules(fields) }
  }
  checkMounts(pairs)
  const fields = knownFields('--cache-to', shown, pairs, toKeys, { src: 'dest' })
  if (type === 'inline') return inline(fields)
  const rules = exportRules(fields)
  if (type === 'registry') return { type, ref: place('--cache-to', type, 'ref', fields.get('ref')), ...rules }
  const tag = fields.get('tag')
  return { type, path: place('--cache-to', type, 'dest', fields.get('dest')), ...(tag && { tag }), ...rules }
}

/** How a cache is written, whatever keeps it. */
function exportRules(fields: Fields<ToRule>) {
  checkHarmless(fields)
  const mode = oneOf('mode', fields.get('mode'), ['min', 'max'])
  const compression = oneOf('compression', fields.get('compression'), ['gzip', 'zstd', 'uncompressed'])
  const required = readRequired(fields)
  const mounts = readMounts(fields.get('mounts'))
  return {
    ...(mounts && { mounts }),
    ...(mode && { mode }),
    ...(compression && { compression: compression === 'uncompressed' ? ('none' as const) : compression }),
    ...(required && { required }),
  }
}

/** `ignore-error` is BuildKit's word for the opposite. */
function readRequired(fields: Fields<ToRule>): boolean {
  const tolerated = readBoolean('ignore-error', fields.get('ignore-error'), true)
  const required = readBoolean('required', fields.get('required'), !tolerated)
  if (fields.get('ignore-error') === undefined || required !== tolerated) return required
  throw new FlagError(
    `--cache-to: ignore-error=${tolerated} and required=${required} contradict each other`,
    'leave one of them out',
  )
}

function checkHarmless(fields: Fields<ToRule>): void {
  for (const key of ['image-manifest', 'oci-mediatypes'] as const) {
    if (readBoolean(key, fields.get(key), true)) continue
    throw new FlagError(
      `--cache-to ${key}=false is not there`,
      'a cache is an OCI image manifest, which all registries take',
    )
  }
}

/** What stands behind `mounts=` without a `=`, and is no key, was meant as one more id. */
function checkMounts(pairs: readonly (readonly [string, string])[]): void {
  const at = pairs.findIndex(([key]) => key.toLowerCase() === 'mounts')
  const behind = at < 0 ? [] : pairs.slice(at + 1)
  const isId = ([key, value]: readonly [string, string]) => value === '' && !toKeys.some((known) => known === key)
  const end = behind.findIndex((pair) => !isId(pair))
  const ids = behind.slice(0, end < 0 ? behind.length : end).map(([id]) => id)
  if (ids.length === 0) return
  throw new FlagError(
    `--cache-to: unknown key "${ids[0]}" behind mounts=`,
    `ids have + between them: mounts=${[pairs[at]?.[1], ...ids].join('+')}`,
  )
}

/** `all`, or ids with `+` between them. */
function readMounts(text: string | undefined): 'all' | readonly string[] | undefined {
  if (text === undefined || text === '') return undefined
  return text === 'all' ? text : text.split('+').filter(Boolean)
}

/**
 * Reads a value of `--cache-mount`: `id=npm,path=DIR`.
 * @throws {FlagError} for an unknown key, or when one of the two is missing
 */
export function readCacheMount(text: string): readonly [id: string, folder: string] {
  const fields = readFields('--cache-mount', text, ['id', 'path'])
  const [id, folder] = [fields.get('id'), fields.get('path')]
  if (id && folder) return [id, folder]
  throw new FlagError(`--cache-mount ${text}: ${id ? 'path' : 'id'} is missing`, 'write --cache-mount id=NAME,path=DIR')
}

function inline(fields: Fields<ToRule>): CacheTo {
  checkHarmless(fields)
  if (oneOf('mode', fields.get('mode'), ['min', 'max']) === 'max') {
    throw new FlagError(
      '--cache-to type=inline has the layers of the image alone',
      'for all steps use type=registry,mode=max',
    )
  }
  if (readMounts(fields.get('mounts'))) {
    throw new FlagError(
      '--cache-to type=inline has no files of cache mounts',
      'for mounts=… use type=registry or type=local',
    )
  }
  return { type: 'inline' }
}

type CacheType = 'registry' | 'local' | 'inline' | 's3' | 'gha'

/** Other types carry keys of clouds in their values: nothing of the text is repeated but a type that is one word. */
function typed(
  flag: string,
  text: string,
): { type: CacheType; pairs: readonly (readonly [string, string])[]; shown: string } {
  const pairs = withReference(text, pairsOf(flag, text))
  const type =
    pairs.find(([key]) => key.toLowerCase() === 'type')?.[1] ?? (pairs.some(([key]) => key === 'ref') ? 'registry' : '')
  const known = (['registry', 'local', 'inline', 's3', 'gha'] as const).find((one) => one === type)
  if (known) {
    if (known === 's3' || known === 'gha') checkPairs(flag, known, text)
    return { type: known, pairs, shown: `type=${known}` }
  }
  if (type === 'azblob') {
    throw new FlagError(
      `${flag} type=azblob is not there`,
      'use type=registry with a registry of Azure, or type=local and copy the folder',
    )
  }
  const what = type === '' ? 'type is missing' : /^[\w-]{1,16}$/.test(type) ? `unknown type "${type}"` : 'unknown type'
  throw new FlagError(`${flag}: ${what}`, 'types: registry, local, inline, s3, gha')
}

/** A reference may stand alone before what else is said: `app:cache,mode=max`. */
function withReference(text: string, pairs: ReturnType<typeof pairsOf>): typeof pairs {
  const isBare = /^[^=,"]+,/.test(text) && pairs.every(([key]) => !/^(?:type|ref)$/i.test(key))
  return isBare ? pairs.map(([key, value], at) => (at === 0 ? ['ref', key] : [key, value])) : pairs
}

function pairsOf(flag: string, text: string): readonly (readonly [string, string])[] {
  try {
    return readPairsOf(flag, text)
  } catch (error) {
    if (!(error instanceof FlagError)) throw error
    throw new FlagError(`invalid value for ${flag}`, 'a quote stands where it cannot')
  }
}

/** A key of a cloud with a comma in it would be the name of an unknown key. */
function checkPairs(flag: string, type: CacheType, text: string): void {
  if (readCsv(flag, text).every((field) => /^ *[a-zA-Z0-9_-]{1,40} *=/.test(field))) return
  throw new FlagError(
    `${flag} type=${type}: a part is not of the form key=value`,
    'a value with a comma stands in double quotes with its key: "secret_access_key=a,b"',
  )
}

function place(flag: string, type: CacheType, key: string, value: string | undefined): string {
  if (value) return value
  throw new FlagError(
    `${flag} type=${type}: ${key} is missing`,
    `write ${flag} type=${type},${key}=${key === 'ref' ? 'REF' : 'DIR'}`,
  )
}

function oneOf<T extends string>(key: string, value: string | undefined, known: readonly T[]): T | undefined {
  const found = known.find((candidate) => candidate === value)
  if (value === undefined || found) return found
  throw new FlagError(`--cache-to: unknown ${key} "${value}"`, `write ${key}=${known.join(` or ${key}=`)}`)
}
