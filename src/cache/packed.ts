import { link, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Digest, digestOf, hexOf, isDigest, seal, sha256Hasher, unseal } from '../digest/index.ts'
import { isSystemError } from '../errors.ts'
import { makeFolder } from '../make-folder.ts'
import { removeTree, type Store, writing } from '../store/index.ts'
import { fileBytes } from '../tree/index.ts'
import { isDirectory, sizeOf } from './exists.ts'
import type { Shelf } from './shelf.ts'

/** What a layer was compressed to. */
export interface PackedLayer {
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
}

/** One that is kept, by the record of it. */
export interface FoundLayer extends PackedLayer {
  /** Reads the file through. A damaged one is forgotten, and its second name goes. */
  isWhole(): Promise<boolean>
}

/** Layers as they left compressed, so that the next export of the same image compresses nothing. */
export interface PackedLayers {
  /**
   * Puts a layer that left in this form before at `target`, where nothing is yet, as a second name of the file that is
   * kept: it may be deleted there at any time. It has as many bytes as its record says; whether it is whole is looked at when that
   * is asked for, since who has a layer elsewhere reads nothing of it.
   * @param form names the compression, its level and whatever else decides its bytes
   */
  find(layer: Digest, form: string, target: string): Promise<FoundLayer | undefined>
  /**
   * Keeps a file of this file system, which stays where it is too and is not written to any more. Forgets the layers that
   * are not in the store any more.
   */
  keep(layer: Digest, form: string, file: string, packed: PackedLayer): Promise<void>
}

export interface PackedRecord extends PackedLayer {
  readonly layer: Digest
}

/** Files by their digest in `folder`, a small text for each layer and form on `shelf`. */
export function openPackedLayers(folder: string, shelf: Shelf, { blobs }: Store): PackedLayers {
  const place = ({ digest }: PackedLayer) => join(folder, hexOf(digest))
  const forget = (record: PackedRecord) => removeTree(place(record))
  const find = async (key: Digest) => parsePack((await shelf.get(key)) ?? '')
  return {
    async find(layer, form, target) {
      const record = await find(keyOf(layer, form))
      if (!record || record.layer !== layer || !(await linked(place(record), target))) return undefined
      const { digest, size } = record
      const drop = async () => {
        await rm(target)
        await forget(record)
      }
      if ((await sizeOf(target)) !== size) return drop().then(() => undefined)
      const isWhole = async () => {
        const isRight = await hasDigest(target, digest)
        if (!isRight) await drop()
        return isRight
      }
      return { digest, size, isWhole }
    },
    async keep(layer, form, file, packed) {
      await writing(place(packed), 0, async () => {
        makeFolder(folder, 0o700)
        if (isDirectory(place(packed))) await removeTree(place(packed))
        await linked(file, place(packed))
      })
      await shelf.put(keyOf(layer, form), seal(JSON.stringify({ layer, ...packed })))
      for await (const key of shelf.digests()) {
        const record = await find(key)
        if (record && !(await blobs.has(record.layer))) await forget(record)
      }
    },
  }
}

function keyOf(layer: Digest, form: string): Digest {
  return digestOf({ layer, form })
}

/**
 * False when it is not there, or the file system has one name for a file. What has the name already has the same bytes, or is
 * found out when it is read.
 */
async function linked(file: string, name: string): Promise<boolean> {
  try {
    await link(file, name)
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EPERM', 'ENOTSUP', 'EXDEV', 'EMLINK')) return false
    if (!isSystemError(error, 'EEXIST')) throw error
  }
  return true
}

async function hasDigest(file: string, digest: Digest): Promise<boolean> {
  const hasher = sha256Hasher()
  for await (const piece of fileBytes(file)) hasher.update(piece)
  return hasher.digest() === digest
}

/** Which file is the packed form of which layer. The seal says that the text was written here. */
export function parsePack(text: string): PackedRecord | undefined {
  const body = unseal(text)
  if (body === undefined) return undefined
  const record = JSON.parse(body) as PackedRecord
  return isDigest(record.digest) && isDigest(record.layer) ? record : undefined
}
