import type { GhaCachePlace, S3CachePlace } from '../cache-options.ts'
import { OptionError } from '../errors.ts'
import type { ServicePorts } from './service.ts'

type Env = ServicePorts['env']

/** A bucket, with all that says which one it is, and no key. */
export interface S3Location {
  readonly bucket: string
  readonly region: string | undefined
  readonly endpoint: string | undefined
  readonly usePathStyle: boolean
  /** Of the keys of blobs. */
  readonly blobs: string
}

/** What a place is called, and where its blobs are, as `BlobOrigin` has it. */
export interface Located {
  readonly name: string
  readonly location: string
}

/** @throws {OptionError} TSB_CACHE_PLACE */
export function s3Location(place: S3CachePlace, env: Env): S3Location {
  const bucket = place.bucket ?? env['AWS_BUCKET'] ?? ''
  if (!/^[a-zA-Z0-9][\w.-]{1,254}$/.test(bucket)) {
    throw placeError(
      `the bucket of a cache of type=s3 is ${bucket ? 'no name of one' : 'missing'}`,
      'write bucket=NAME',
    )
  }
  const region = place.region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION']
  if (region !== undefined && !/^[\w.-]{1,100}$/.test(region)) {
    throw placeError(
      'the region of a cache of type=s3 is no name of one',
      'write region=eu-central-1, or as it is called',
    )
  }
  const endpoint = place.endpointUrl ?? env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL']
  return {
    bucket,
    region,
    endpoint: endpoint ? plainUrl('endpoint_url', endpoint) : undefined,
    usePathStyle: place.usePathStyle ?? false,
    blobs: checkedKey(`${place.prefix ?? ''}${place.blobsPrefix ?? 'blobs/'}`),
  }
}

/** The keys of the manifests of a cache; the first is read. @throws {OptionError} TSB_CACHE_PLACE */
export function manifestKeys({ prefix = '', manifestsPrefix = 'manifests/', names = [] }: S3CachePlace) {
  const [first = 'tsbuild', ...others] = names
  const keyOf = (name: string) => checkedKey(`${prefix}${manifestsPrefix}${name}`)
  return [keyOf(first), ...others.map(keyOf)] as const
}

/** @throws {OptionError} TSB_CACHE_PLACE */
export function locatedS3(place: S3CachePlace, env: Env): Located {
  const { bucket, region, endpoint, usePathStyle, blobs } = s3Location(place, env)
  const query = new URLSearchParams({
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    ...(usePathStyle && { path_style: 'true' }),
    blobs,
  })
  return { name: `s3://${bucket}/${manifestKeys(place)[0]}`, location: `s3://${bucket}/?${query}` }
}

/** Reads what `locatedS3` wrote. */
export function parseS3Location(location: string): S3Location {
  const { hostname, searchParams } = new URL(location)
  const text = /^s3:\/\/([^/]*)\//.exec(location)?.[1] ?? hostname
  return {
    bucket: text,
    region: searchParams.get('region') ?? undefined,
    endpoint: searchParams.get('endpoint') ?? undefined,
    usePathStyle: searchParams.get('path_style') === 'true',
    blobs: searchParams.get('blobs') ?? 'blobs/',
  }
}

/** @throws {OptionError} TSB_CACHE_PLACE */
export function locatedGha(place: GhaCachePlace, env: Env): Located {
  const scope = scopeOf(place)
  // Which service it is, is said by the job; none: the error comes when it is asked.
  const url = place.url ?? env['ACTIONS_RESULTS_URL']
  const base = url === undefined || url === '' ? '' : plainUrl('url', url)
  return { name: `gha:${scope}`, location: `gha://cache/?${new URLSearchParams(base ? { url: base } : {})}` }
}

export function ghaUrl(location: string): string | undefined {
  return new URL(location).searchParams.get('url') ?? undefined
}

/** Part of keys, of which GitHub takes 512 characters and no comma. @throws {OptionError} TSB_CACHE_PLACE */
export function scopeOf({ scope = 'tsbuild' }: GhaCachePlace): string {
  if (/^[^\s,#\p{C}]{1,200}$/u.test(scope)) return scope
  throw placeError(
    'the scope of a cache of type=gha is no name',
    'write scope=NAME: up to 200 characters, no space, comma or #',
  )
}

/** Without logins and queries: it is printed and kept. */
function plainUrl(option: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw placeError(`${option} of a cache is no http(s) URL`, `write ${option}=https://HOST[:PORT]`)
  }
  if (url.username || url.password || url.search || url.hash) {
    throw placeError(
      `${option} of a cache has a login, a query or a fragment in it`,
      'give the keys by their own options',
    )
  }
  return url.href
}

function checkedKey(key: string): string {
  if (key.length <= 800 && /^[^\p{C}]*$/u.test(key)) return key
  throw placeError('a prefix or name of a cache of type=s3 is no key', 'use up to 800 characters that can be printed')
}

function placeError(message: string, hint: string): OptionError {
  return new OptionError('TSB_CACHE_PLACE', message, { hint })
}
