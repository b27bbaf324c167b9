import type { Digest } from '../digest/index.ts'
import type { Descriptor } from '../image/index.ts'

/** A manifest or an index, and what it is called. */
export interface Document {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
}

/** A blob that can be had. */
export interface Blob {
  readonly descriptor: Descriptor
  /** From the first byte on every call. */
  readonly open: () => AsyncIterable<Uint8Array>
  /** Waited for before bytes are sent: what takes long is done before somebody waits for them. */
  readonly ready?: () => Promise<void>
  /** `host[:port]/repository` of a registry that has it. */
  readonly location?: string | undefined
}

/** What a blob is called for people. */
export function kindOf({ mediaType }: Descriptor): 'config' | 'layer' {
  // Docker calls its config the image of a container; artifacts without one have an empty one.
  return /\bconfig\b|container\.image\.v1|oci\.empty/.test(mediaType) ? 'config' : 'layer'
}

/** Where an image, or an index of images, comes from. */
export interface Source {
  readonly root: Document
  /** A manifest or index that the root leads to, checked against its digest. */
  document(descriptor: Descriptor, signal: AbortSignal | undefined): Promise<Uint8Array>
  blob(descriptor: Descriptor, signal: AbortSignal | undefined): Blob
  /** What refers to a manifest; absent: nobody can say. */
  referrers?(digest: Digest, signal: AbortSignal | undefined): Promise<readonly Descriptor[]>
}

/** What a document is in a copy: what was asked for, something that leads to, or something that refers to it. */
export type Role = 'root' | 'part' | 'referrer'

/** Where it goes. Blobs come before the manifests that name them, and these before their index. */
export interface Target {
  blob(blob: Blob, report: Report | undefined, signal: AbortSignal | undefined): Promise<void>
  document(document: Document, role: Role, signal: AbortSignal | undefined): Promise<void>
  /** All was there: makes it visible. */
  finish(): Promise<void>
}

/** Says how far a part of the work is: bytes. */
export type Report = (label: string, current: number, total?: number, done?: true) => void
