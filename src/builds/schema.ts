import * as z from 'zod/mini'
import type { BuildRecord } from './record.ts'

const text = z.string().check(z.maxLength(1 << 20))
const long = z.string().check(z.maxLength(16 << 20))
const count = z.number().check(z.gte(0), z.lte(Number.MAX_SAFE_INTEGER))
/** Milliseconds since 1970; a clock may stand before that. */
const time = z.number().check(z.gte(-Number.MAX_SAFE_INTEGER), z.lte(Number.MAX_SAFE_INTEGER))
const list = <T extends z.core.$ZodType>(item: T) => z.array(item).check(z.maxLength(100_000))
const digest = z.string().check(z.regex(/^sha256:[0-9a-f]{64}$/))
const stepId = z.string().check(z.maxLength(1000), z.regex(/^(sha256:[0-9a-f]{64}$|internal:)/))
const image = z.object({ name: text, manifest: digest })
const change = z.enum(['changed', 'added', 'removed'])
const both = z.optional(z.object({ before: text, now: text }))
const values = { before: z.optional(long), now: z.optional(long) }

const keyChange = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('files'),
    files: list(z.object({ path: text, change, mode: both, owner: both })),
    more: count,
  }),
  z.object({ kind: z.literal('input'), name: text, change }),
  z.object({ kind: z.literal('variable'), name: text, argument: z.optional(z.literal(true)), ...values }),
  z.object({ kind: z.literal('mount'), path: text, ...values }),
  z.object({ kind: z.literal('definition'), part: text, ...values }),
  z.object({ kind: z.literal('base'), before: image, now: image }),
  z.object({ kind: z.literal('step'), step: z.optional(stepId), label: z.optional(text) }),
])

const reason = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('never-built') }),
  z.object({ kind: z.literal('failed'), build: count }),
  z.object({ kind: z.literal('not-cached'), why: text }),
  z.object({
    kind: z.literal('removed'),
    build: z.optional(count),
    source: z.optional(text),
    failedIn: z.optional(count),
  }),
  z.object({ kind: z.literal('changed'), changes: list(keyChange).check(z.minLength(1)), failedIn: z.optional(count) }),
])

const step = z.object({
  id: stepId,
  number: count,
  label: long,
  kind: text,
  platform: z.optional(text),
  stage: z.optional(text),
  lines: z.optional(z.object({ start: count, end: count })),
  inputs: list(stepId),
  outcome: z.enum(['cached', 'ran', 'error', 'canceled', 'not-run']),
  source: z.optional(text),
  reason: z.optional(reason),
  error: z.optional(long),
  started: z.optional(time),
  completed: z.optional(time),
  saved: z.optional(count),
  key: z.optional(digest),
  layer: z.optional(z.object({ digest, size: count })),
  log: z.optional(z.object({ bytes: count, lines: count, cut: z.optional(z.literal(true)) })),
})

const layer = z.object({ digest, size: count, step: z.optional(stepId), label: long })

const schema = z.object({
  version: z.literal(1),
  id: z.string().check(z.regex(/^[0-9a-z]{20}$/)),
  number: count,
  name: text,
  status: z.enum(['completed', 'error', 'canceled']),
  started: time,
  completed: time,
  directory: text,
  context: text,
  dockerfile: z.optional(z.object({ path: text, text: z.optional(long) })),
  target: z.optional(text),
  platforms: list(text),
  tags: list(text),
  error: z.optional(
    z.object({
      code: text,
      message: long,
      hint: z.optional(long),
      line: z.optional(count),
      step: z.optional(stepId),
    }),
  ),
  steps: list(step),
  images: list(
    z.object({
      platform: text,
      digest,
      growth: z.optional(z.object({ against: text, before: count, now: count })),
      layers: list(layer),
    }),
  ),
})

/** Reads the text of a record; undefined for anything else, and for what another tsbuild wrote. */
export function readRecord(text: string): BuildRecord | undefined {
  const result = schema.safeParse(jsonOf(text))
  return result.success ? (result.data as unknown as BuildRecord) : undefined
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
