/** A bound on what files of others may ask for. */
export interface Limit {
  readonly default: number
  /** The largest value it may be given: more than that this program could not hold. */
  readonly most: number
  readonly unit: 'bytes' | 'characters' | 'number'
  /** What is counted, in a sentence. */
  readonly about: string
}

const [KiB, MiB, GiB] = [2 ** 10, 2 ** 20, 2 ** 30]
const any = Number.MAX_SAFE_INTEGER

/** All limits that `--limit`, TSBUILD_LIMITS and the `limits` of the library can change. docs/limits.md is this table for people. */
export const limitTable = {
  'dockerfile-bytes': {
    default: 16 * MiB,
    most: 256 * MiB,
    unit: 'bytes',
    about: 'The text of a Dockerfile, and the body of a heredoc with its values.',
  },
  'expanded-value': {
    default: MiB,
    most: 256 * MiB,
    unit: 'characters',
    about: 'One value after its variables are put in.',
  },
  'expanded-values': {
    default: 64 * MiB,
    most: any,
    unit: 'characters',
    about: 'All such values of a build together.',
  },
  'manifest-bytes': { default: 4 * MiB, most: 64 * MiB, unit: 'bytes', about: 'A manifest or an index of images.' },
  'config-bytes': { default: 8 * MiB, most: 64 * MiB, unit: 'bytes', about: 'The config of an image.' },
  'json-depth': { default: 64, most: 1000, unit: 'number', about: 'How deep JSON of others may nest.' },
  'index-depth': { default: 4, most: 64, unit: 'number', about: 'Indexes of images in one another.' },
  'token-bytes': {
    default: MiB,
    most: 64 * MiB,
    unit: 'bytes',
    about: 'The answer of a token server, or of a credential helper.',
  },
  'header-bytes': {
    default: 64 * KiB,
    most: 16 * MiB,
    unit: 'bytes',
    about: 'Names and values of the header of an HTTP answer.',
  },
  redirects: { default: 5, most: 100, unit: 'number', about: 'Redirects from one URL to where its bytes are.' },
  'link-steps': {
    default: 255,
    most: 65_536,
    unit: 'number',
    about: 'Symbolic links on the way to a file of a context, archive or image.',
  },
  'archive-entries': {
    default: 5_000_000,
    most: any,
    unit: 'number',
    about: 'Entries of a layer, archive or git checkout.',
  },
  'archive-bytes': {
    default: 256 * GiB,
    most: any,
    unit: 'bytes',
    about: 'Its files unpacked, holes included; also a file of a URL.',
  },
  'archive-ratio': {
    default: 1000,
    most: any,
    unit: 'number',
    about: 'Bytes out for each byte in, once 64 MiB came out of compressed data.',
  },
  'path-bytes': { default: 4096, most: 64 * KiB, unit: 'bytes', about: 'A path in an archive, or the text of a link.' },
  'path-depth': { default: 512, most: 32 * KiB, unit: 'number', about: 'The pieces of a path in an archive.' },
  'pax-bytes': { default: MiB, most: 256 * MiB, unit: 'bytes', about: 'The extended headers of one entry of a tar.' },
  'sparse-parts': { default: 65_536, most: 16 * MiB, unit: 'number', about: 'The parts of a sparse file in a tar.' },
  'zstd-window': {
    default: 128 * MiB,
    most: 2 * GiB,
    unit: 'bytes',
    about: 'Memory that zstd data needs to be unpacked.',
  },
  'account-bytes': {
    default: 10 * MiB,
    most: 256 * MiB,
    unit: 'bytes',
    about: 'The /etc/passwd or /etc/group of an image.',
  },
} as const satisfies Readonly<Record<string, Limit>>

export type LimitName = keyof typeof limitTable

/** Each limit with its value. */
export type Limits = Readonly<Record<LimitName, number>>

export const limitNames = Object.keys(limitTable) as readonly LimitName[]

export const defaultLimits = Object.fromEntries(
  Object.entries(limitTable).map(([name, limit]) => [name, limit.default]),
) as Limits

export function isLimitName(name: string): name is LimitName {
  return Object.hasOwn(limitTable, name)
}

/** What to do about an error that a limit made, for people who trust the file. */
export function limitHint(name: LimitName): string {
  return `if you trust it, raise the limit: --limit ${name}=…`
}

/** `16 MiB`, or bytes where it is no whole number of those. */
export function shownBytes(bytes: number): string {
  return bytes > 0 && bytes % MiB === 0 ? `${bytes / MiB} MiB` : `${bytes} bytes`
}
