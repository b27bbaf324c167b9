import * as z from 'zod/mini'
import type { TsbuildConfig } from './config.ts'

const text = z.string().check(z.minLength(1))
const amount = z.number().check(z.nonnegative())
const size = z.union([text, amount])
const list = z.array(text)
const oneOrMore = z.union([text, list])
const texts = z.record(text, z.string())
const count = z.int().check(z.nonnegative())

const shape = {
  $schema: z.optional(z.string()),
  debug: z.optional(z.boolean()),
  progress: z.optional(text),
  registryMirrors: z.optional(texts),
  registryAllow: z.optional(list),
  platform: z.optional(oneOrMore),
  cacheFrom: z.optional(oneOrMore),
  cacheTo: z.optional(oneOrMore),
  pull: z.optional(z.enum(['always', 'missing', 'never'])),
  network: z.optional(z.enum(['default', 'none'])),
  jobs: z.optional(z.int().check(z.positive())),
  memory: z.optional(size),
  memorySwap: z.optional(z.union([text, z.number().check(z.minimum(-1))])),
  cpus: z.optional(amount),
  addHosts: z.optional(list),
  stepTimeout: z.optional(text),
  retry: z.optional(count),
  retryDelay: z.optional(text),
  runtime: z.optional(z.enum(['auto', 'runc', 'crun'])),
  snapshotter: z.optional(z.enum(['auto', 'erofs', 'overlay', 'copy'])),
  file: z.optional(text),
  target: z.optional(text),
  tags: z.optional(list),
  buildArgs: z.optional(z.record(text, z.union([z.string(), z.number(), z.boolean()]))),
  labels: z.optional(texts),
  annotations: z.optional(texts),
} satisfies Record<keyof TsbuildConfig, z.ZodMiniType>

/** What a config file may say. */
export const configSchema = z.strictObject(shape)
