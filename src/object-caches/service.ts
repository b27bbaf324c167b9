import type { Descriptor } from '../image/index.ts'
import type { Blob, Report } from '../transfer/index.ts'

/** The manifest of a shared cache, as it was found. */
export interface FoundManifest {
  readonly bytes: Uint8Array
  /** What the service calls this state of it. */
  readonly version: string
}

/** A service that keeps shared caches: blobs under their digests, and the manifest of a cache under its name. */
export interface ObjectCache {
  /** For people. */
  readonly name: string
  /** @returns undefined when there is none */
  find(signal: AbortSignal | undefined): Promise<FoundManifest | undefined>
  /**
   * Puts a manifest in the place of what was found.
   * @returns false when another one is there by now, as far as the service can tell
   */
  replace(bytes: Uint8Array, before: FoundManifest | undefined, signal: AbortSignal | undefined): Promise<boolean>
  /** Whether `replace` can be believed. */
  readonly isSure: boolean
  /**
   * Puts a blob, unless it is there.
   * @param isWrong what is there under its digest is known not to be it
   */
  send(blob: Blob, report: Report | undefined, signal: AbortSignal | undefined, isWrong?: boolean): Promise<void>
  /** The bytes of a blob, checked while they pass: an error at the end means that none of them may be used. */
  blob(descriptor: Descriptor, signal: AbortSignal | undefined): AsyncIterable<Uint8Array>
  /** Milliseconds after which a blob that is used has to be touched, lest the service takes it away. */
  readonly touchMs?: number
}

/** What a cache needs of the machine. */
export interface ServicePorts {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => number
}
