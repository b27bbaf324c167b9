import { parseDigest, seal, unseal } from '../../digest/index.ts'
import type { FetchedFile } from '../remotes.ts'
import { recordSchema } from './record-schema.ts'

/** What is remembered of a URL: what it gave, and how to ask whether that is still so. */
export interface UrlRecord extends Omit<FetchedFile, 'path'> {
  /** For `If-None-Match`. */
  readonly etag?: string
  /** For `If-Modified-Since`: a `Last-Modified` that no later change can share. */
  readonly since?: string
  /** When the bytes came (ISO 8601). */
  readonly fetched: string
}

export function formatRecord({ identity, ...record }: UrlRecord): string {
  const written = Object.fromEntries(Object.entries(identity).map(([name, value]) => [name, String(value)]))
  return seal(JSON.stringify({ version: 1, ...record, identity: written }))
}

/** Reads what `formatRecord` wrote; undefined for anything else, and when it was damaged. */
export function parseRecord(text: string): UrlRecord | undefined {
  const parsed = recordSchema.safeParse(jsonOf(unseal(text) ?? ''))
  if (!parsed.success) return undefined
  const { digest, size, modified, etag, since, fetched, identity } = parsed.data
  const { dev, ino, mtimeNs, ctimeNs } = identity
  return {
    digest: parseDigest(digest),
    size,
    ...(modified !== undefined && { modified }),
    ...(etag !== undefined && { etag }),
    ...(since !== undefined && { since }),
    fetched,
    identity: { dev: BigInt(dev), ino: BigInt(ino), mtimeNs: BigInt(mtimeNs), ctimeNs: BigInt(ctimeNs) },
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
