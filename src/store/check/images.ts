import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Digest, hexOf, isDigest } from '../../digest/index.ts'
import type { Descriptor } from '../../image/index.ts'
import { familiarName, nameOf, tryReference } from '../index-file.ts'
import { blobFolder, type FoundBlob } from './blobs.ts'
import type { Finding, Mend } from './finding.ts'

/** What the entries of an index can be held against. */
export interface ImageFacts {
  readonly root: string
  readonly blobs: ReadonlyMap<Digest, FoundBlob>
  /** True when a blob that is not here can be fetched. */
  readonly hasOrigin: (digest: Digest) => Promise<boolean>
}

/** What was found of all images. */
export interface ImageLook {
  readonly findings: readonly Finding[]
  /** Different manifests. */
  readonly images: number
  /** Every blob that an image has. */
  readonly needed: ReadonlySet<Digest>
  /** What the configs call the layers. */
  readonly diffIds: ReadonlySet<Digest>
}

export async function checkImages(entries: readonly Descriptor[], facts: ImageFacts): Promise<ImageLook> {
  const findings: Finding[] = [...twiceNamed(entries)]
  const needed = new Set<Digest>()
  const diffIds = new Set<Digest>()
  const images = Map.groupBy(entries, (entry) => entry.digest)
  for (const [digest, named] of images) {
    const parts = await partsOfAll(digest, facts)
    for (const diffId of parts.diffIds) diffIds.add(diffId)
    for (const part of parts.list) {
      needed.add(part.digest)
      const finding = await checkPart(part, facts, peopleCall(digest, named))
      if (finding) findings.push(finding)
    }
  }
  return { findings, images: images.size, needed, diffIds }
}

/** A name may have several entries, one for each way to write it, but stands for one image. */
function twiceNamed(entries: readonly Descriptor[]): readonly Finding[] {
  const named = entries.filter((entry) => nameOf(entry) !== undefined)
  return [...Map.groupBy(named, nameOf)].flatMap(([name, found]) => {
    const digests = [...new Set(found.map((entry) => entry.digest))]
    if (name === undefined || digests.length < 2) return []
    return {
      level: 'loss',
      kind: 'name-twice',
      path: 'oci/index.json',
      message: `the name ${name} stands for several images: ${digests.join(', ')}`,
      hint: `tsbuild tag ID ${name} says which one it is`,
    }
  })
}

/** A blob of an image and what it is to it. */
interface Part {
  readonly role: 'index' | 'manifest' | 'config' | 'layer'
  readonly digest: Digest
  readonly size?: number
  readonly descriptor?: Descriptor
}

interface Parts {
  readonly list: readonly Part[]
  readonly diffIds: readonly Digest[]
}

/** The parts of an image, or of all images of an index that are here. One that came from a registry is here only in part. */
async function partsOfAll(digest: Digest, facts: ImageFacts): Promise<Parts> {
  const found = await document(digest, facts)
  if (!Array.isArray(found['manifests'])) return partsOf(digest, found, facts)
  const list: Part[] = [{ role: 'index', digest }]
  const diffIds: Digest[] = []
  const named = listOf(found['manifests']).flatMap((entry) => partOf(entry)?.digest ?? [])
  const here = named.filter((manifest) => facts.blobs.has(manifest))
  for (const manifest of here.length > 0 ? here : named) {
    const parts = await partsOf(manifest, await document(manifest, facts), facts)
    list.push(...parts.list)
    diffIds.push(...parts.diffIds)
  }
  return { list, diffIds }
}

async function partsOf(digest: Digest, manifest: Readonly<Record<string, unknown>>, facts: ImageFacts): Promise<Parts> {
  const list: Part[] = [{ role: 'manifest', digest }]
  const config = partOf(manifest['config'])
  if (config)
    list.push({ role: 'config', digest: config.digest, ...(config.size !== undefined && { size: config.size }) })
  for (const layer of listOf(manifest['layers'])) {
    const part = partOf(layer)
    if (part) list.push({ role: 'layer', ...part })
  }
  const { rootfs } = config ? await document(config.digest, facts) : {}
  const diffIds = listOf(objectOf(rootfs)['diff_ids']).filter((text) => typeof text === 'string' && isDigest(text))
  return { list, diffIds: diffIds as readonly Digest[] }
}

async function checkPart(part: Part, facts: ImageFacts, name: string): Promise<Finding | undefined> {
  const { role, digest, size, descriptor } = part
  const [found, path] = [facts.blobs.get(digest), pathOf(digest)]
  const isHere = found?.isWhole && (size === undefined || size === found.size)
  if (isHere) return undefined
  const fetchable = role === 'layer' && (await facts.hasOrigin(digest))
  if (!found && fetchable) return undefined
  const kind = `${role}-${found ? 'damaged' : 'missing'}`
  const what = !found
    ? 'is not here'
    : found.isWhole
      ? `has ${found.size} bytes, not ${size}`
      : 'has other bytes than its name says'
  const after = `build or load ${name} again (a base: build with --pull=always), or tsbuild rmi ${name}`
  const message = `${name}: its ${role} ${digest} ${what}`
  if (!found || found.isWhole) return { level: 'loss', kind, path, message, hint: after }
  if (fetchable && descriptor) {
    const mend: Mend = { kind: 'fetch', path, descriptor }
    return { level: 'loss', kind, path, message, hint: 'with --repair it is fetched again', mend }
  }
  const hint = `with --repair it is put aside; then ${after}`
  return { level: 'loss', kind, path, message, hint, mend: { kind: 'aside', path, after } }
}

export function pathOf(digest: Digest): string {
  return `${blobFolder}/${hexOf(digest)}`
}

/** A document that is whole; else one without members. */
async function document(digest: Digest, { root, blobs }: ImageFacts): Promise<Readonly<Record<string, unknown>>> {
  if (!blobs.get(digest)?.isWhole) return {}
  try {
    return objectOf(JSON.parse(await readFile(join(root, pathOf(digest)), 'utf8')))
  } catch (error) {
    if (error instanceof SyntaxError) return {}
    throw error
  }
}

function partOf(value: unknown): Pick<Required<Part>, 'digest' | 'size' | 'descriptor'> | undefined {
  const { mediaType, digest, size } = objectOf(value)
  if (typeof digest !== 'string' || !isDigest(digest) || typeof size !== 'number' || typeof mediaType !== 'string') {
    return undefined
  }
  return { digest, size, descriptor: { mediaType, digest, size } }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function peopleCall(digest: Digest, entries: readonly Descriptor[]): string {
  const [name] = entries.flatMap((entry) => nameOf(entry) ?? [])
  const reference = name === undefined ? undefined : tryReference(name)
  return reference ? familiarName(reference) : digest
}
