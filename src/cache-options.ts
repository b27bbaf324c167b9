import { type Secret, secretOf } from './secret.ts'

/** Where a shared cache is. */
export type CachePlace =
  /** A cache that was pushed, or an image that has one in itself. */
  | { readonly type: 'registry'; readonly ref: string }
  /** An OCI layout in a folder. `tag` default: `latest` */
  | { readonly type: 'local'; readonly path: string; readonly tag?: string }
  | S3CachePlace
  | GhaCachePlace

/** A bucket of S3, or of a service that speaks as it does. What is absent is asked of the environment, as AWS's tools do. */
export interface S3CachePlace {
  readonly type: 's3'
  /** Absent: `AWS_BUCKET` */
  readonly bucket?: string
  /** Absent: `AWS_REGION`, and the configuration of AWS's tools. */
  readonly region?: string
  /** What the cache is called; read is the first. Default: `tsbuild` */
  readonly names?: readonly string[]
  /** Before all keys. */
  readonly prefix?: string
  /** Default: `blobs/` and `manifests/` */
  readonly blobsPrefix?: string
  readonly manifestsPrefix?: string
  /** Of a service that is not Amazon's. */
  readonly endpointUrl?: string
  /** `https://host/bucket` in place of `https://bucket.host`. */
  readonly usePathStyle?: boolean
  /** Both or none. Absent: those of the environment, of AWS's files, and of the machine. No output and no record shows them. */
  readonly accessKeyId?: Secret | string
  readonly secretAccessKey?: Secret | string
  readonly sessionToken?: Secret | string
  /** Milliseconds after which a blob that is used is written again, so that no rule takes it away. Default: a day */
  readonly touchRefresh?: number
  /** Blobs that go at once. Default: 4 */
  readonly uploadParallelism?: number
}

/** The cache service of GitHub Actions, version 2. What is absent is what a job's environment says. */
export interface GhaCachePlace {
  readonly type: 'gha'
  /** What the cache is called. Default: `tsbuild` */
  readonly scope?: string
  /** Absent: `ACTIONS_RESULTS_URL` */
  readonly url?: string
  /** Absent: `ACTIONS_RUNTIME_TOKEN` */
  readonly token?: Secret | string
}

export type CacheFrom = CachePlace & {
  /** Nothing is built when it cannot be read; else a notice says why. */
  readonly required?: boolean
  /** Layers that are used are fetched and looked at, also where nobody reads them. */
  readonly verify?: boolean
}

/** `min`: the steps that made layers of the image; `max`: all. */
export type CacheTo =
  | (CachePlace & {
      readonly mode?: 'min' | 'max'
      readonly compression?: 'gzip' | 'zstd' | 'none'
      /** Ids of `RUN --mount=type=cache` whose files are written too. */
      readonly mounts?: 'all' | readonly string[]
      /** The build fails when it cannot be written; else a notice says why. */
      readonly required?: boolean
    })
  /** In the manifest of the image. */
  | { readonly type: 'inline' }

/** The keys and tokens that places of caches are written down with. */
export function cacheSecrets(places: readonly (CacheFrom | CacheTo)[]): readonly Secret[] {
  return places.flatMap((place) => {
    if (place.type === 'gha') return place.token === undefined ? [] : [secretOf(place.token)]
    if (place.type !== 's3') return []
    const given = [place.accessKeyId, place.secretAccessKey, place.sessionToken]
    return given.flatMap((value) => (value === undefined ? [] : [secretOf(value)]))
  })
}

/** True for where a blob is that lies in the store of a service, and in no registry: `s3://…`, `gha://…`. */
export function isObjectLocation(location: string): boolean {
  return /^(s3|gha):\/\//.test(location)
}
