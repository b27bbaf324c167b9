import type { CacheFrom, CacheTo } from '../../index.ts'
import { knownFields, readFields, readPairsOf } from './csv.ts'
import { FlagError } from './flag-error.ts'
import { readBoolean } from './output.ts'

/** Those of buildx that say how it is to write what is always written so here. */
const harmless = ['image-manifest', 'oci-mediatypes', 'force-compression', 'compression-level'] as const
const fromKeys = ['type', 'ref', 'src', 'tag', 'required', 'verify'] as const
const toKeys = [
  ...['type', 'ref', 'dest', 'tag', 'mode', 'compression', 'mounts', 'required', 'ignore-error'],
  ...harmless,
] as readonly ToKey[]
type ToKey =
  | 'type'
  | 'ref'
  | 'dest'
  | 'tag'
  | 'mode'
  | 'compression'
  | 'mounts'
  | 'required'
  | 'ignore-error'
  | (typeof harmless)[number]

/**
 * Reads a value of `--cache-from`: `type=registry,ref=REF`, `type=local,src=DIR`, or references alone.
 * @throws {FlagError} for an unknown type or key, or when the place is missing
 */
export function readCacheFrom(text: string): readonly CacheFrom[] {
  if (!text.includes('=')) return text.split(',').map((ref) => ({ type: 'registry', ref }))
  const { type, pairs, shown } = typed('--cache-from', text)
  const fields = knownFields('--cache-from', shown, pairs, fromKeys)
  const rules = {
    ...(readBoolean('required', fields.get('required'), false) && { required: true }),
    ...(readBoolean('verify', fields.get('verify'), false) && { verify: true }),
  }
  if (type === 'inline') throw new FlagError('--cache-from type=inline: name the image', 'write --cache-from REF')
  if (type === 'registry') return [{ type, ref: place('--cache-from', type, 'ref', fields.get('ref')), ...rules }]
  const tag = fields.get('tag')
  return [{ type, path: place('--cache-from', type, 'src', fields.get('src')), ...(tag && { tag }), ...rules }]
}

/** Reads a value of `--cache-to`: as `--cache-from`, with `dest=` for a folder, and `type=inline`. Throws as that does. */
export function readCacheTo(text: string): CacheTo {
  if (!text.includes('=')) return { type: 'registry', ref: text }
  const { type, pairs, shown } = typed('--cache-to', text)
  const fields = knownFields('--cache-to', shown, pairs, toKeys)
  for (const key of ['image-manifest', 'oci-mediatypes'] as const) {
    if (readBoolean(key, fields.get(key), true)) continue
    throw new FlagError(
      `--cache-to ${key}=false is not there`,
      'a cache is an OCI image manifest, which all registries take',
    )
  }
  if (type === 'inline') return inline(fields)
  const tag = fields.get('tag')
  const mode = oneOf('mode', fields.get('mode'), ['min', 'max'])
  const compression = oneOf('compression', fields.get('compression'), ['gzip', 'zstd', 'uncompressed'])
  const tolerated = readBoolean('ignore-error', fields.get('ignore-error'), true)
  const required = readBoolean('required', fields.get('required'), !tolerated)
  const mounts = readMounts(fields.get('mounts'))
  const rules = {
    ...(mounts && { mounts }),
    ...(mode && { mode }),
    ...(compression && { compression: compression === 'uncompressed' ? ('none' as const) : compression }),
    ...(required && { required }),
  }
  if (type === 'registry') return { type, ref: place('--cache-to', type, 'ref', fields.get('ref')), ...rules }
  return { type, path: place('--cache-to', type, 'dest', fields.get('dest')), ...(tag && { tag }), ...rules }
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

function inline(fields: ReadonlyMap<string, string>): CacheTo {
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

type CacheType = 'registry' | 'local' | 'inline'

/** Other types carry keys of clouds in their values: nothing of the text is repeated. */
function typed(
  flag: string,
  text: string,
): { type: CacheType; pairs: readonly (readonly [string, string])[]; shown: string } {
  const pairs = readPairsOf(flag, text)
  const type =
    pairs.find(([key]) => key.toLowerCase() === 'type')?.[1] ?? (pairs.some(([key]) => key === 'ref') ? 'registry' : '')
  if (type === 'registry' || type === 'local' || type === 'inline') return { type, pairs, shown: `type=${type}` }
  if (['gha', 's3', 'azblob'].includes(type)) {
    throw new FlagError(
      `${flag} type=${type} is not there`,
      type === 'gha'
        ? 'use type=registry with a reference of ghcr.io, or type=local with actions/cache'
        : 'use type=registry, or type=local and copy the folder',
    )
  }
  throw new FlagError(`${flag}: unknown type`, 'types: registry, local, inline')
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
  throw new FlagError(`--cache-to: unknown ${key}`, `write ${key}=${known.join(` or ${key}=`)}`)
}
