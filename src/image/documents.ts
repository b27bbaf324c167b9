import { TsbuildError } from '../errors.ts'
import type { ImageConfig } from './config.ts'
import { mediaTypes, unsupportedDigest } from './descriptor.ts'
import type { Index, Manifest } from './image.ts'
import { documentLimits, parseJson } from './json.ts'

/** One of the two kinds of document that a name can stand for. */
export type ManifestOrIndex =
  | { readonly kind: 'manifest'; readonly manifest: Manifest }
  | { readonly kind: 'index'; readonly index: Index }

/**
 * Reads an image manifest, OCI's or Docker's schema 2, with its unknown keys.
 * @param name what the document is, for messages
 * @throws {TsbuildError} TSB_DOCUMENT_FORMAT, TSB_DIGEST_FORMAT, TSB_DOCUMENT_TOO_LARGE, TSB_MEDIA_TYPE,
 * TSB_MEDIA_TYPE_AMBIGUOUS
 */
export async function parseManifest(
  bytes: Uint8Array,
  name = 'the manifest',
  limits = documentLimits,
): Promise<Manifest> {
  const found = await parseManifestOrIndex(bytes, { name }, limits)
  if (found.kind === 'manifest') return found.manifest
  throw new TsbuildError('TSB_MEDIA_TYPE', `${name} is an index, and a manifest is wanted`)
}

/** Reads an image index, or Docker's manifest list. Throws as `parseManifest`. */
export async function parseIndex(bytes: Uint8Array, name = 'the index', limits = documentLimits): Promise<Index> {
  const found = await parseManifestOrIndex(bytes, { name }, limits)
  if (found.kind === 'index') return found.index
  throw new TsbuildError('TSB_MEDIA_TYPE', `${name} is a manifest, and an index is wanted`)
}

/**
 * Reads a document that may be either. Its kind is what its own `mediaType` and the one it was sent with say; both must
 * agree with each other and with its members.
 * @param about.mediaType of a descriptor or the Content-Type header
 */
export async function parseManifestOrIndex(
  bytes: Uint8Array,
  about: { readonly name?: string; readonly mediaType?: string | undefined } = {},
  limits = documentLimits,
): Promise<ManifestOrIndex> {
  const { name = 'the manifest' } = about
  const value = parseJson(bytes, name, limits.manifest, limits.depth)
  const kind = kindOf(value, name, about.mediaType)
  const { manifestSchema, indexSchema } = await import('./schemas.ts')
  if (kind === 'manifest') {
    checkShape(manifestSchema, value, name)
    return { kind, manifest: manifestFrom(value) }
  }
  checkShape(indexSchema, value, name)
  const { manifests, ...rest } = withoutNulls<Index>(value, { manifests: [] })
  return { kind, index: { ...rest, manifests: manifests.map((each) => withoutNulls(each)) } }
}

/** Reads the config of an image, with its unknown keys; `null` is as absent. Throws as `parseManifest`. */
export async function parseConfig(
  bytes: Uint8Array,
  name = 'the image config',
  limits = documentLimits,
): Promise<ImageConfig> {
  const value = parseJson(bytes, name, limits.config, limits.depth)
  const { configSchema } = await import('./schemas.ts')
  checkShape(configSchema, value, name)
  return configFrom(value)
}

/** Checks the `oci-layout` file of an image layout. */
export async function checkLayoutHeader(bytes: Uint8Array, name: string): Promise<void> {
  const value = parseJson(bytes, name, documentLimits.manifest)
  const { layoutSchema } = await import('./schemas.ts')
  checkShape(layoutSchema, value, name)
}

/** A manifest that was checked when it came into the store: read again without loading the schemas. */
export function readStoredManifest(bytes: Uint8Array): Manifest {
  return manifestFrom(JSON.parse(new TextDecoder().decode(bytes)))
}

/** A config that was checked when it came into the store. */
export function readStoredConfig(bytes: Uint8Array): ImageConfig {
  return configFrom(JSON.parse(new TextDecoder().decode(bytes)))
}

type Kind = ManifestOrIndex['kind']

const kinds: ReadonlyMap<string, Kind> = new Map([
  [mediaTypes.manifest, 'manifest'],
  [mediaTypes.dockerManifest, 'manifest'],
  [mediaTypes.index, 'index'],
  [mediaTypes.dockerIndex, 'index'],
])

/** What a server says that does not know what it sends. */
const meaningless = new Set(['', 'application/json', 'application/octet-stream', 'text/plain', 'binary/octet-stream'])

function kindOf(value: unknown, name: string, sentAs: string | undefined): Kind {
  const members: Readonly<Record<string, unknown>> = Object.assign(Object.create(null), value)
  if (members['schemaVersion'] === 1 || members['fsLayers'] !== undefined) throw schema1Error(name)
  const body = typeof members['mediaType'] === 'string' ? members['mediaType'] : undefined
  const header = meaningless.has(bareType(sentAs)) ? undefined : bareType(sentAs)
  if (body !== undefined && header !== undefined && body !== header)
    throw ambiguous(name, `${header} outside, ${body} inside`)
  const shape = shapeOf(members, name)
  const type = body ?? header
  const kind = type === undefined ? shape : kinds.get(type)
  if (kind === undefined) throw unknownType(name, type)
  if (shape !== undefined && shape !== kind)
    throw ambiguous(name, `it has the members of an ${shape} and is called ${type}`)
  return kind
}

function shapeOf(members: Readonly<Record<string, unknown>>, name: string): Kind | undefined {
  const manifest = members['layers'] !== undefined || members['config'] !== undefined
  const index = members['manifests'] !== undefined
  if (manifest && index) throw ambiguous(name, 'it is manifest and index at once')
  return manifest ? 'manifest' : index ? 'index' : undefined
}

function bareType(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

interface Schema {
  safeParse(value: unknown): {
    readonly success: boolean
    readonly error?:
      | { readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] }
      | undefined
  }
}

/** Checks and nothing more: what is used is the value itself, since a schema's result would lose a member `__proto__`. */
function checkShape(schema: Schema, value: unknown, name: string): void {
  const issues = schema.safeParse(value).error?.issues ?? []
  const issue = issues.find(({ message }) => message !== unsupportedDigest) ?? issues[0]
  if (!issue) return
  const place = issue.path.map(String).join('.')
  const message = `${name} is not valid: ${place ? `${place}: ` : ''}${issue.message}`
  if (/(^|\.)(digest|diff_ids\.\d+)$/.test(place)) throw new TsbuildError('TSB_DIGEST_FORMAT', message)
  throw new TsbuildError('TSB_DOCUMENT_FORMAT', message)
}

/** A value that has been checked, without its nulls. */
function manifestFrom(value: unknown): Manifest {
  const { config, layers, ...rest } = withoutNulls<Manifest>(value, { layers: [] })
  return { ...rest, config: withoutNulls(config), layers: layers.map((each) => withoutNulls(each)) }
}

function configFrom(value: unknown): ImageConfig {
  const { rootfs, config, history, ...rest } = withoutNulls<ImageConfig>(value)
  return {
    ...rest,
    ...(config && { config: withoutNulls(config) }),
    rootfs: withoutNulls<ImageConfig['rootfs']>(rootfs, { diff_ids: [] }),
    ...(history && { history: history.map((row) => withoutNulls(row)) }),
  }
}

/** Drops the members that are `null`, but for those that have a value to take instead. */
function withoutNulls<T extends object>(value: unknown, instead: Partial<T> = {}): T {
  const replaced = new Map<string, unknown>(Object.entries(instead))
  const members = Object.entries(value as object).map(([key, member]) => [key, member ?? replaced.get(key)] as const)
  return Object.fromEntries(members.filter(([, member]) => member !== undefined)) as T
}

function ambiguous(name: string, why: string): TsbuildError {
  return new TsbuildError('TSB_MEDIA_TYPE_AMBIGUOUS', `${name} is ambiguous: ${why}`)
}

function schema1Error(name: string): TsbuildError {
  return new TsbuildError('TSB_MEDIA_TYPE', `${name} is of Docker's schema 1, which is not supported`, {
    hint: 'pull and push the image once with a recent Docker or skopeo, which converts it',
  })
}

function unknownType(name: string, type: string | undefined): TsbuildError {
  return new TsbuildError('TSB_MEDIA_TYPE', `${name} is no image: ${type ?? 'neither manifest nor index'}`)
}
