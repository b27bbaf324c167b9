import { atPlace, didYouMean } from '../../errors.ts'
import type { SourceRange } from '../../source.ts'
import { findMountProblem } from './check.ts'
import { mountError, oneOf, parseBoolean, parseBytes, parseMode, parseNumber } from './values.ts'

/** A `RUN --mount` as it is written, values expanded and read, nothing filled in that was not said. */
export interface MountSpec {
  readonly type: MountType
  readonly from?: string
  readonly source?: string
  readonly target?: string
  readonly readOnly?: boolean
  readonly id?: string
  readonly sharing?: Sharing
  readonly env?: string
  readonly required?: boolean
  /** Bytes. */
  readonly size?: number
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
}

export type MountType = 'bind' | 'cache' | 'tmpfs' | 'secret' | 'ssh'
export type Sharing = 'shared' | 'private' | 'locked'

/** `key=value`, or `key` alone. Keys are in lower case. */
export interface MountField {
  readonly key: string
  readonly value?: string
  readonly at?: SourceRange
}

const types: readonly MountType[] = ['bind', 'cache', 'tmpfs', 'secret', 'ssh']
const sharings: readonly Sharing[] = ['shared', 'private', 'locked']

/** What one more field makes of a spec. */
type Read = (spec: MountSpec, value: string, key: string) => MountSpec

const readSource: Read = (spec, value) => ({ ...spec, source: value })
const readTarget: Read = (spec, value) => ({ ...spec, target: value })
const readReadOnly: Read = (spec, value, key) => ({ ...spec, readOnly: parseBoolean(key, value) })
const readReadWrite: Read = (spec, value, key) => ({ ...spec, readOnly: !parseBoolean(key, value) })

const readers: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['type', (spec, value) => ({ ...spec, type: oneOf(types, value, 'unsupported mount type') })],
  ['from', (spec, value) => ({ ...spec, from: value })],
  ['source', readSource],
  ['src', readSource],
  ['target', readTarget],
  ['dst', readTarget],
  ['destination', readTarget],
  ['readonly', readReadOnly],
  ['ro', readReadOnly],
  ['readwrite', readReadWrite],
  ['rw', readReadWrite],
  ['id', (spec, value) => ({ ...spec, id: value })],
  ['sharing', (spec, value) => ({ ...spec, sharing: oneOf(sharings, value, 'unsupported sharing value') })],
  ['required', (spec, value, key) => ({ ...only(spec, key, 'secret', 'ssh'), required: parseBoolean(key, value) })],
  ['size', (spec, value, key) => ({ ...only(spec, key, 'tmpfs'), size: parseBytes(key, value) })],
  ['mode', (spec, value, key) => ({ ...spec, mode: parseMode(key, value) })],
  ['uid', (spec, value, key) => ({ ...spec, uid: parseNumber(key, value) })],
  ['gid', (spec, value, key) => ({ ...spec, gid: parseNumber(key, value) })],
  ['env', (spec, value) => ({ ...spec, env: value })],
])

/** Keys that mean `true` when they stand alone. */
const switches: ReadonlySet<string> = new Set(['readonly', 'ro', 'readwrite', 'rw', 'required'])

/** What a key of the text is called in a spec, where that differs. */
const aliases: ReadonlyMap<string, keyof MountSpec> = new Map([
  ['src', 'source'],
  ['dst', 'target'],
  ['destination', 'target'],
])

/**
 * Reads the fields of a mount in order: what a key may be depends on the `type` before it.
 * @param expand puts the variables into the value of a field
 * @param at the whole mount
 * @throws {TsbuildError} TSB_MOUNT at the field to blame, and what `expand` throws
 */
export function parseMount(
  fields: readonly MountField[],
  expand: (text: string, at: SourceRange | undefined) => string,
  at?: SourceRange,
): MountSpec {
  const spec = fields.reduce<MountSpec>(
    (read, field) => placed(field.at ?? at, () => readField(read, field, (text) => expand(text, field.at ?? at))),
    { type: 'bind' },
  )
  const problem = findMountProblem(spec)
  if (problem) throw mountError(problem.message, problem.hint, placeOf(problem.key, fields) ?? at)
  return spec
}

/** Where a key stands the last time; undefined when it does not. */
export function placeOf(key: keyof MountSpec | undefined, fields: readonly MountField[]): SourceRange | undefined {
  return fields.findLast((field) => (aliases.get(field.key) ?? field.key) === key)?.at
}

function placed<T>(at: SourceRange | undefined, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw atPlace(error, at)
  }
}

function readField(spec: MountSpec, { key, value }: MountField, expand: (text: string) => string): MountSpec {
  const read = readers.get(key)
  if (value === undefined && !switches.has(key)) {
    throw mountError(`invalid field '${key}' must be a key=value pair`, keyHint(key) ?? `write ${key}=VALUE`)
  }
  if (!read) throw mountError(`unexpected key '${key}' in '${key}=${value}'`, keyHint(key))
  return read(spec, value === undefined ? 'true' : expand(value), key)
}

/** The nearest key, or all keys; undefined when it is a key. */
function keyHint(key: string): string | undefined {
  if (readers.has(key)) return undefined
  return didYouMean(key, readers.keys()) ?? `the keys are ${[...readers.keys()].join(', ')}`
}

function only(spec: MountSpec, key: string, ...types: readonly MountType[]): MountSpec {
  if (types.includes(spec.type)) return spec
  throw mountError(`unexpected key '${key}' for mount type '${spec.type}'`, `put type=${types.join(' or type=')} first`)
}
