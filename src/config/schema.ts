import { z } from 'zod'
import type { TsbuildConfig } from './config.ts'

const text = z.string().min(1)
const size = z.union([text, z.number().nonnegative()])
const list = z.array(text)
const oneOrMore = z.union([text, list])
const texts = z.record(text, z.string())
const count = z.int().nonnegative()

const shape = {
  $schema: z.string().optional(),
  debug: z.boolean().optional(),
  progress: text.optional(),
  registryMirrors: texts.optional(),
  registryAllow: list.optional(),
  platform: oneOrMore.optional(),
  cacheFrom: oneOrMore.optional(),
  cacheTo: oneOrMore.optional(),
  pull: z.enum(['always', 'missing', 'never']).optional(),
  network: z.enum(['default', 'none']).optional(),
  jobs: z.int().positive().optional(),
  memory: size.optional(),
  memorySwap: z.union([text, z.number().min(-1)]).optional(),
  cpus: z.number().nonnegative().optional(),
  addHosts: list.optional(),
  stepTimeout: text.optional(),
  retry: count.optional(),
  retryDelay: text.optional(),
  runtime: z.enum(['auto', 'runc', 'crun']).optional(),
  snapshotter: z.enum(['auto', 'erofs', 'overlay', 'copy']).optional(),
  file: text.optional(),
  target: text.optional(),
  tags: list.optional(),
  buildArgs: z.record(text, z.union([z.string(), z.number(), z.boolean()])).optional(),
  labels: texts.optional(),
  annotations: texts.optional(),
} satisfies Record<keyof TsbuildConfig, z.ZodType>

/** What a config file may say. */
export const configSchema = z.strictObject(shape)
