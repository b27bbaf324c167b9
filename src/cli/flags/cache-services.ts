import type { GhaCachePlace, S3CachePlace } from '../../index.ts'
import { type Secret, secretOf } from '../../secret.ts'
import { FlagError } from './flag-error.ts'
import { readDuration } from './limits.ts'
import { readBoolean } from './output.ts'

/** Fields of which these are read. */
export interface Fields<K extends string> {
  get(key: K): string | undefined
}

/** BuildKit's keys of `type=s3`. */
export const s3Keys = [
  ...(['bucket', 'region', 'name', 'prefix', 'blobs_prefix', 'manifests_prefix', 'endpoint_url'] as const),
  ...(['use_path_style', 'access_key_id', 'secret_access_key', 'session_token'] as const),
  ...(['touch_refresh', 'upload_parallelism'] as const),
] as const

/** BuildKit's keys of `type=gha`. */
export const ghaKeys = ['scope', 'url', 'url_v2', 'token', 'version', 'timeout', 'ghtoken', 'repository'] as const

/** @throws {FlagError} for a value that cannot be; values that may be keys are never repeated */
export function s3Place(flag: string, fields: Fields<(typeof s3Keys)[number]>): S3CachePlace {
  const text = (key: (typeof s3Keys)[number]) => fields.get(key) || undefined
  const [accessKeyId, secretAccessKey, sessionToken] = [
    hidden(text('access_key_id')),
    hidden(text('secret_access_key')),
    hidden(text('session_token')),
  ]
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    throw new FlagError(
      `${flag} type=s3: one of access_key_id and secret_access_key is missing`,
      'give both, or none: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are read too, and the files of AWS',
    )
  }
  const touch = text('touch_refresh')
  return withoutAbsent({
    type: 's3' as const,
    bucket: text('bucket'),
    region: text('region'),
    names: text('name')?.split(';').filter(Boolean),
    prefix: text('prefix'),
    blobsPrefix: text('blobs_prefix'),
    manifestsPrefix: text('manifests_prefix'),
    endpointUrl: text('endpoint_url'),
    usePathStyle: readBoolean('use_path_style', text('use_path_style'), false) || undefined,
    accessKeyId,
    secretAccessKey,
    sessionToken,
    touchRefresh: touch === undefined ? undefined : readDuration(`${flag} touch_refresh`, touch),
    uploadParallelism: atOnce(flag, text('upload_parallelism')),
  })
}

/** @throws {FlagError} for the first version of the service, and for what reads a repository by its API */
export function ghaPlace(flag: string, fields: Fields<(typeof ghaKeys)[number]>): GhaCachePlace {
  const text = (key: (typeof ghaKeys)[number]) => fields.get(key) || undefined
  if (!['2', undefined].includes(text('version'))) {
    throw new FlagError(`${flag} type=gha: only version=2 of the service is there`, 'leave version= out')
  }
  for (const key of ['ghtoken', 'repository'] as const) {
    if (text(key) === undefined) continue
    throw new FlagError(
      `${flag} type=gha has no ${key}`,
      'leave it out: entries are found by the cache service alone, not by the API of the repository',
    )
  }
  return withoutAbsent({
    type: 'gha' as const,
    scope: text('scope'),
    url: text('url_v2') ?? text('url'),
    token: hidden(text('token')),
  })
}

function hidden(text: string | undefined): Secret | undefined {
  return text === undefined ? undefined : secretOf(text)
}

function atOnce(flag: string, text: string | undefined): number | undefined {
  if (text === undefined || /^([1-9]\d?)$/.test(text)) return text === undefined ? undefined : Number(text)
  throw new FlagError(`${flag} type=s3: upload_parallelism is no number from 1 to 99`, 'write upload_parallelism=4')
}

type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

function withoutAbsent<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>
}
