import * as z from 'zod/mini'
import { isDigest } from '../digest/index.ts'
import { mostMounts, mostRecords } from './format.ts'

/** What the documents of a shared cache may be: nothing that is not named here. docs/cache-format.md is this for people. */

const digest = z.string().check(z.refine(isDigest, 'must be sha256: and 64 lower-case hex digits'))
const time = z.string().check(
  z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/),
  z.refine((text) => !Number.isNaN(Date.parse(text)), 'must be a time that there is'),
)
const text = z.string().check(z.maxLength(4096))
const milliseconds = z.number().check(z.nonnegative())
const inputs = z.array(z.strictObject({ name: text, id: digest })).check(z.maxLength(1000))

const keyed = {
  key: digest,
  step: z.string().check(z.regex(/^[a-z]{1,20}\.v\d{1,4}$/)),
  /** Any JSON: it counts by its digest alone. */
  components: z.strictObject({ definition: z.json(), parent: z.optional(digest), inputs }),
  chains: z.optional(inputs),
  without: z.optional(z.array(text).check(z.maxLength(1000))),
}

export const recordsSchema = z.strictObject({
  version: z.literal(1),
  records: z
    .array(
      z.strictObject({
        ...keyed,
        layer: z.strictObject({ blob: digest, diffId: digest, contentId: digest }),
        created: time,
        used: time,
        milliseconds,
      }),
    )
    .check(z.maxLength(mostRecords)),
  mounts: z
    .array(
      z.strictObject({
        id: z.string().check(z.minLength(1), z.maxLength(4096)),
        blob: digest,
        diffId: digest,
        saved: time,
      }),
    )
    .check(z.maxLength(mostMounts)),
})

/** `layer` is the place of a layer in the manifest, and of its diff id in the config. */
export const inlineSchema = z.strictObject({
  version: z.literal(1),
  records: z
    .array(z.strictObject({ ...keyed, layer: z.int().check(z.nonnegative()), contentId: digest }))
    .check(z.maxLength(mostRecords)),
})
