import * as z from 'zod/mini'
import { isDigest } from '../digest/index.ts'
import { unsupportedDigest } from './descriptor.ts'

/**
 * The shape of image documents, as the OCI image spec has it. Stricter: sha256 is the only digest, and names that may
 * become part of a path (platforms) hold plain characters. Wider: `null` is as good as absent, as Go writes it, and an
 * image may have no layers. Unknown keys are let be.
 * @see https://github.com/opencontainers/image-spec/tree/main/schema
 */

const mediaType = z.string().check(z.regex(/^[A-Za-z0-9][\w!#$&^.+-]{0,126}\/[A-Za-z0-9][\w!#$&^.+-]{0,126}$/))
const digest = z
  .string()
  .check(z.refine(isWellFormed, 'must be sha256: and 64 lower-case hex digits'), z.refine(isDigest, unsupportedDigest))
const size = z.int().check(z.nonnegative())
const platformName = z.string().check(z.regex(/^[A-Za-z0-9_.-]*$/))
const time = z.string().check(z.regex(/^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/))
const strings = z.array(z.string())

/** A map that also holds for the member `__proto__`, which zod's own leaves out. */
const mapOf = <T>(isValue: (value: unknown) => value is T, what: string) =>
  z.custom<Record<string, T>>(
    (value) => isObject(value) && Object.values(value).every(isValue),
    `must be a map of ${what}`,
  )
const stringMap = mapOf((value) => typeof value === 'string', 'strings')
const objectMap = mapOf(isObject, 'objects')

const maybe = <T extends z.ZodMiniType>(type: T) => z.optional(z.nullable(type))

const platform = z.looseObject({
  os: platformName,
  architecture: platformName,
  variant: maybe(platformName),
  'os.version': maybe(z.string()),
  'os.features': maybe(strings),
})

export const descriptorSchema = z.looseObject({
  mediaType,
  digest,
  size,
  annotations: maybe(stringMap),
  platform: maybe(platform),
  artifactType: maybe(mediaType),
  urls: maybe(z.array(z.string().check(z.refine((url) => URL.canParse(url), 'must be an absolute URL')))),
  data: maybe(z.string().check(z.refine(isPaddedBase64, 'must be padded base64'))),
})

const document = {
  schemaVersion: z.literal(2),
  mediaType: maybe(mediaType),
  artifactType: maybe(mediaType),
  annotations: maybe(stringMap),
  subject: maybe(descriptorSchema),
}

export const manifestSchema = z.looseObject({
  ...document,
  config: descriptorSchema,
  layers: z.nullable(z.array(descriptorSchema)),
})

export const indexSchema = z.looseObject({ ...document, manifests: z.nullable(z.array(descriptorSchema)) })

const healthcheck = z.looseObject({
  Test: maybe(strings),
  Interval: maybe(z.int()),
  Timeout: maybe(z.int()),
  StartPeriod: maybe(z.int()),
  StartInterval: maybe(z.int()),
  Retries: maybe(z.int()),
})

const containerConfig = z.looseObject({
  User: maybe(z.string()),
  ExposedPorts: maybe(objectMap),
  Env: maybe(z.array(z.string().check(z.regex(/^[^=]+=/, 'must be NAME=value')))),
  Entrypoint: maybe(strings),
  Cmd: maybe(strings),
  Volumes: maybe(objectMap),
  WorkingDir: maybe(z.string()),
  Labels: maybe(stringMap),
  StopSignal: maybe(z.string()),
  ArgsEscaped: maybe(z.boolean()),
  Healthcheck: maybe(healthcheck),
  Shell: maybe(strings),
  OnBuild: maybe(strings),
})

const history = z.looseObject({
  created: maybe(time),
  created_by: maybe(z.string()),
  author: maybe(z.string()),
  comment: maybe(z.string()),
  empty_layer: maybe(z.boolean()),
})

export const configSchema = z.looseObject({
  created: maybe(time),
  author: maybe(z.string()),
  architecture: platformName,
  os: platformName,
  variant: maybe(platformName),
  'os.version': maybe(z.string()),
  'os.features': maybe(strings),
  config: maybe(containerConfig),
  rootfs: z.looseObject({ type: z.literal('layers'), diff_ids: z.nullable(z.array(digest)) }),
  history: maybe(z.array(history)),
})

export const layoutSchema = z.looseObject({ imageLayoutVersion: z.literal('1.0.0') })

/** A digest by the grammar of the spec; one of sha256 also by that algorithm's own rules. */
function isWellFormed(text: string): boolean {
  if (text.startsWith('sha256:')) return isDigest(text)
  return /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[\w=-]+$/.test(text)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isPaddedBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
}
