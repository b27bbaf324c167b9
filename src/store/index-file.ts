import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Digest, isDigest } from '../digest/index.ts'
import { isSystemError, TsbuildError } from '../errors.ts'
import { type Descriptor, mediaTypes, parseReference, type Reference } from '../image/index.ts'
import { writeAtomically } from './atomic.ts'

/**
 * `index.json` of an image layout: one entry for each name of each manifest. Entries that other tools made are kept.
 * @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md#indexjson-file
 */
export interface IndexFile {
  read(): Promise<readonly Descriptor[]>
  /** The caller holds the lock of the index. */
  write(entries: readonly Descriptor[]): Promise<void>
}

const refName = 'org.opencontainers.image.ref.name'
const fullName = 'io.containerd.image.name'
const registryDigest = 'io.tsbuild.registry.digest'

/** What is about the name, and not about what has it. */
const ofNames: ReadonlySet<string> = new Set([refName, fullName, registryDigest])

export function openIndexFile(layout: string, aside: () => Promise<string>): IndexFile {
  const path = join(layout, 'index.json')
  return {
    read: () => readIndex(path),
    async write(entries) {
      const document = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: entries }
      await writeAtomically(path, `${JSON.stringify(document)}\n`, await aside(), true)
    },
  }
}

/**
 * The entries that give a manifest a name: in familiar form, as people ask other tools for it; without its tag too when
 * that is `latest`, since `oci:DIR:app` is looked up as it is written.
 * @param remote what the registry of the name has under it, where that is known
 */
export function entriesFor(manifest: Descriptor, name: Reference, remote?: Digest): readonly Descriptor[] {
  const familiar = familiarName(name)
  const short = familiar.endsWith(':latest') ? [familiar.slice(0, -':latest'.length)] : []
  return [...short, familiar].map((ref) => ({
    mediaType: manifest.mediaType,
    digest: manifest.digest,
    size: manifest.size,
    annotations: {
      ...ownAnnotations(manifest),
      [fullName]: name.normal,
      [refName]: ref,
      ...(remote && { [registryDigest]: remote }),
    },
  }))
}

/** What an entry says beside its name. */
export function ownAnnotations({ annotations = {} }: Descriptor): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => !ofNames.has(name)))
}

/** The digest that the name of an entry had in its registry when the image was pushed there or pulled. */
export function remoteOf({ annotations }: Descriptor): Digest | undefined {
  const digest = annotations?.[registryDigest]
  return digest !== undefined && isDigest(digest) ? digest : undefined
}

/** The name an entry gives, in normal form; undefined for an entry without one. */
export function nameOf(entry: Descriptor): string | undefined {
  const name = entry.annotations?.[fullName] ?? entry.annotations?.[refName]
  return name === undefined ? undefined : (tryReference(name)?.normal ?? undefined)
}

/** Whether an entry gives a name, also one that tsbuild cannot read. */
export function isNamed({ annotations = {} }: Descriptor): boolean {
  return fullName in annotations || refName in annotations
}

/** As people know it, always with its tag: `app:latest`. */
export function familiarName(name: Reference): string {
  return parseReference(name.normal).familiar
}

/** The reference that a text is, if it is one. */
export function tryReference(text: string): Reference | undefined {
  try {
    return parseReference(text)
  } catch (error) {
    if (error instanceof TsbuildError && ['TSB_REFERENCE_FORMAT', 'TSB_DIGEST_FORMAT'].includes(error.code)) {
      return undefined
    }
    throw error
  }
}

async function readIndex(path: string): Promise<readonly Descriptor[]> {
  const text = await textOf(path)
  if (text === undefined) return []
  const document = parseJson(text)
  const entries = isRecord(document) ? document['manifests'] : undefined
  if (Array.isArray(entries) && entries.every(isEntry)) return entries
  throw new TsbuildError('TSB_STORE_DAMAGED', `${path} is not an OCI image index`, {
    hint: 'move it away; images have to be built or pulled again, what is cached stays',
  })
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw error
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function isEntry(value: unknown): value is Descriptor {
  if (!isRecord(value)) return false
  const { mediaType, digest, size, annotations } = value
  return (
    typeof mediaType === 'string' &&
    typeof digest === 'string' &&
    isDigest(digest) &&
    Number.isSafeInteger(size) &&
    (annotations === undefined ||
      (isRecord(annotations) && Object.values(annotations).every((text) => typeof text === 'string')))
  )
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
