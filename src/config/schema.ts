import { z } from 'zod'
import { limitNames } from '../limits.ts'
import type { TsbuildConfig } from './config.ts'

const text = z.string().min(1)
const size = z.union([text, z.number().nonnegative()])
const list = z.array(text)
const oneOrMore = z.union([text, list])
const texts = z.record(text, z.string())
const count = z.int().nonnegative()

const shape = {
  $schema: z.string().optional(),
  root: text.optional(),
  debug: z.boolean().optional(),
  progress: text.optional(),
  limits: z.partialRecord(z.enum(limitNames as unknown as [string]), z.union([text, z.int().positive()])).optional(),
  registryMirrors: texts.optional(),
  registryAllow: list.optional(),
  insecureRegistries: list.optional(),
  platform: oneOrMore.optional(),
  cacheFrom: oneOrMore.optional(),
  cacheTo: oneOrMore.optional(),
  cacheMax: size.optional(),
  pull: z.enum(['always', 'missing', 'never']).optional(),
  network: z.enum(['default', 'none']).optional(),
  jobs: z.int().positive().optional(),
  memory: size.optional(),
  memorySwap: z.union([text, z.number().min(-1)]).optional(),
  cpus: z.number().nonnegative().optional(),
  pidsLimit: z.int().min(-1).optional(),
  shmSize: size.optional(),
  ulimits: list.optional(),
  addHosts: list.optional(),
  stepTimeout: text.optional(),
  retry: count.optional(),
  retryDelay: text.optional(),
  runtime: z.enum(['auto', 'runc', 'crun', 'native', 'chroot']).optional(),
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
