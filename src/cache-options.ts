/** Where a shared cache is. */
export type CachePlace =
  /** A cache that was pushed, or an image that has one in itself. */
  | { readonly type: 'registry'; readonly ref: string }
  /** An OCI layout in a folder. `tag` default: `latest` */
  | { readonly type: 'local'; readonly path: string; readonly tag?: string }

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
