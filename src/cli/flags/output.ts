import type { Annotation, OutputOptions } from '../../index.ts'
import { readAnnotationKey } from './annotation.ts'
import { knownFields, readPairsOf } from './csv.ts'
import { FlagError } from './flag-error.ts'

const types = ['docker', 'local', 'oci', 'tar'] as const

/** What `-o` asks for; `name` of `type=image` is one more tag, and then nothing is written outside the store. */
export type OutputRequest =
  | OutputOptions
  | { readonly type: 'image'; readonly names: readonly string[]; readonly annotations: readonly Annotation[] }

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
  const fields = knownFields('--output', text, others, ['type', 'dest', 'tar', 'name', 'platform-split'])
  const type = fields.get('type') ?? ''
  if (type === 'image') return { type, names: (fields.get('name') ?? '').split(',').filter(Boolean), annotations }
  const known = types.find((candidate) => candidate === type)
  if (!known) throw unknownType(type)
  if (fields.has('name'))
    throw new FlagError(`--output ${text}: only type=image takes a name`, 'name the image with -t')
  const split = platformSplit(text, known, fields.get('platform-split'))
  if (known === 'tar' || known === 'local') return { ...filesTo(known, fields.get('dest')), ...split }
  return written(known, fields.get('dest'), readBoolean('tar', fields.get('tar'), true), annotations)
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
  const later =
    type === 'registry' ? 'pushing is not part of this version: write type=oci and push it with skopeo' : undefined
  return new FlagError(`--output: unknown type "${type}"`, later ?? `types: ${types.join(', ')}`)
}
