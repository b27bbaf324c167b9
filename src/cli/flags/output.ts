import type { Annotation, OutputOptions } from '../../index.ts'
import { readAnnotationKey } from './annotation.ts'
import { knownFields, readPairsOf } from './csv.ts'
import { FlagError } from './flag-error.ts'

const types = ['docker', 'local', 'oci', 'tar'] as const
const known = [
  ...(['type', 'dest', 'tar', 'name', 'platform-split'] as const),
  ...(['push', 'push-by-digest', 'name-canonical', 'oci-mediatypes'] as const),
] as const

/** What `-o` asks for; `name` of `type=image` is one more tag, and then nothing is written outside the store. */
export type OutputRequest =
  | OutputOptions
  | { readonly type: 'image'; readonly names: readonly string[]; readonly annotations: readonly Annotation[] }

/** Whether a text is meant as `KEY=VALUE,…`, and not as the name of a file that has a `=`. */
export function isOutputSpec(text: string): boolean {
  const [, key = ''] = /^"?([^=,]+)=/.exec(text) ?? []
  return known.some((each) => each === key) || readAnnotationKey(key, '') !== undefined
}

/**
 * Reads a value of `-o`: `type=oci,dest=app.tar`, a directory, or `-` for a tar on standard output.
 * @throws {FlagError} for an unknown type or key, or when `dest` is missing
 */
export function readOutput(text: string): OutputRequest {
  if (text === '-') return { type: 'tar', dest: '-' }
  if (!text.includes('=')) return { type: 'local', dest: text }
  const pairs = readPairsOf('--output', text)
  const annotations = pairs.flatMap(([key, value]) => readAnnotationKey(key, value) ?? [])
  const others = pairs.filter(([key, value]) => !readAnnotationKey(key, value))
  const fields = knownFields('--output', text, others, [...known, 'annotation.NAME'])
  const type = fields.get('type') ?? ''
  if (type === 'image' || type === 'registry') return imageOutput(text, type, fields, annotations)
  const file = types.find((candidate) => candidate === type)
  if (!file) throw unknownType(type)
  if (fields.has('name'))
    throw new FlagError(`--output ${text}: only type=image and type=registry take a name`, 'name the image with -t')
  if (['push', 'push-by-digest', 'name-canonical', 'oci-mediatypes'].some((key) => fields.has(key as 'push'))) {
    throw new FlagError(`--output ${text}: only type=image and type=registry push`, 'add -o type=registry for that')
  }
  const split = platformSplit(text, file, fields.get('platform-split'))
  if (file === 'tar' || file === 'local') return { ...filesTo(file, fields.get('dest')), ...split }
  const tar = readBoolean('tar', fields.get('tar'), true)
  if (file === 'docker' && !tar) {
    throw new FlagError(
      `--output ${text}: docker load reads an archive alone`,
      'leave tar=false out, or write type=oci',
    )
  }
  return written(file, fields.get('dest'), tar, annotations)
}

/** `type=registry` is `type=image,push=true`. */
function imageOutput(
  text: string,
  type: 'image' | 'registry',
  fields: ReadonlyMap<string, string>,
  annotations: readonly Annotation[],
): OutputRequest {
  platformSplit(text, type, fields.get('platform-split'))
  const names = (fields.get('name') ?? '').split(',').filter(Boolean)
  const byDigest = readBoolean('push-by-digest', fields.get('push-by-digest'), false)
  const push = readBoolean('push', fields.get('push'), type === 'registry')
  const canonical = readBoolean('name-canonical', fields.get('name-canonical'), false)
  const isOci = readBoolean('oci-mediatypes', fields.get('oci-mediatypes'), true)
  if (!isOci && !push)
    throw new FlagError(`--output ${text}: the store is OCI`, 'add push=true, or leave oci-mediatypes out')
  if (byDigest && !push) throw new FlagError(`--output ${text}: push-by-digest pushes`, 'add push=true')
  if (!push) return { type: 'image', names, annotations }
  return {
    type: 'registry',
    ...(names.length > 0 && { names }),
    ...(byDigest && { byDigest }),
    ...(canonical && { canonical }),
    ...(!isOci && { form: 'docker' as const }),
    ...(annotations.length > 0 && { annotations }),
  }
}

function filesTo(type: 'tar' | 'local', dest: string | undefined) {
  return { type, dest: type === 'tar' ? (dest ?? '-') : required(type, dest) }
}

/** As buildx: without a value or the key the number of platforms decides. */
function platformSplit(text: string, type: string, value: string | undefined): { readonly platformSplit?: boolean } {
  if (value === undefined) return {}
  if (type !== 'tar' && type !== 'local') {
    throw new FlagError(`--output ${text}: only type=local and type=tar take platform-split`)
  }
  return { platformSplit: readBoolean('platform-split', value, true) }
}

function written(
  type: 'docker' | 'oci',
  dest: string | undefined,
  tar: boolean,
  annotations: readonly Annotation[],
): OutputOptions {
  const place = { type, dest: tar ? (dest ?? '-') : required(type, dest), tar }
  return annotations.length > 0 ? { ...place, annotations } : place
}

function required(type: string, dest: string | undefined): string {
  if (dest === undefined || dest === '' || dest === '-') {
    throw new FlagError(`--output type=${type} writes a directory`, `add dest=DIR`)
  }
  return dest
}

/** `true`, `1` or nothing after the key is true, as in Go's flags. */
export function readBoolean(key: string, value: string | undefined, absent: boolean): boolean {
  if (value === undefined) return absent
  if (['', '1', 't', 'true'].includes(value.toLowerCase())) return true
  if (['0', 'f', 'false'].includes(value.toLowerCase())) return false
  throw new FlagError(`${key}=${value} is neither true nor false`)
}

function unknownType(type: string): FlagError {
  return new FlagError(`--output: unknown type "${type}"`, `types: ${[...types, 'image', 'registry'].join(', ')}`)
}
