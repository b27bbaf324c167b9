import * as z from 'zod/mini'

const digits = z.string().check(z.regex(/^\d+$/))
const count = z.int().check(z.nonnegative())

/** What is remembered of a URL, as it is written. */
export const recordSchema = z.object({
  version: z.literal(1),
  digest: z.string().check(z.regex(/^sha256:[0-9a-f]{64}$/)),
  size: count,
  modified: z.optional(count),
  etag: z.optional(z.string()),
  since: z.optional(z.string()),
  fetched: z.iso.datetime(),
  identity: z.object({ dev: digits, ino: digits, mtimeNs: digits, ctimeNs: digits }),
})
