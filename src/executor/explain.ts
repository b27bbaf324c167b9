import type { CacheRecord, KeyComponents } from '../cache/index.ts'
import { canonicalJson, type Json } from '../digest/index.ts'
import type { Node, PinnedImage } from '../graph/index.ts'
import { withoutLogins } from '../logins.ts'
import { isSecretName, stars } from '../secret.ts'
import { tellContent } from '../tree/index.ts'
import type { FileChange, KeyChange, MissReason } from './events.ts'

type TakenFiles = NonNullable<CacheRecord['files']>

/** Files of one step that are named; further ones are counted. */
export const namedFiles = 1000

/** What the files below a step come from. */
export interface Below {
  readonly base?: PinnedImage | undefined
  /** The lowest step below that was not in the cache, if one was not. */
  readonly missed?: Pick<Node, 'id' | 'label'> | undefined
  /** All steps below, the nearest first. */
  readonly steps?: () => Iterable<StepBelow>
}

export interface StepBelow {
  readonly node: Pick<Node, 'id' | 'label'>
  readonly record: CacheRecord
}

/** What a step is made of. */
export interface Explained {
  readonly components: KeyComponents
  readonly files?: TakenFiles | undefined
  /** The files are those of a context, whose paths people write without the first slash. */
  readonly ofContext?: boolean
  readonly below: Below
}

/** Why a step is not in the cache: what it is made of, held against the nearest step that is there, if one is. */
export function explainMiss(
  { noCache, arguments: names = [] }: Pick<Node, 'noCache' | 'arguments'>,
  { components, files, ofContext, below }: Explained,
  nearest: CacheRecord | undefined,
): MissReason {
  if (noCache) return { kind: 'not-cached', why: '--no-cache' }
  if (!nearest) return { kind: 'never-built' }
  const [now, before] = [membersOf(components.definition), membersOf(nearest.components.definition)]
  const changes = [
    ...changedInputs(components, files, nearest, ofContext),
    ...changedVariables(now, before, new Set(names)),
    ...changedMounts(now, before),
    ...changedDefinition(now, before),
    ...(components.parent === nearest.components.parent ? [] : [changedBelow(below, nearest.base)]),
  ]
  return changes.length === 0 ? { kind: 'removed' } : { kind: 'changed', changes }
}

/** The files that differ, when both sides have a list of them; else the inputs, as the instruction names them. */
function changedInputs(
  { inputs }: KeyComponents,
  files: TakenFiles | undefined,
  before: CacheRecord,
  ofContext = false,
): readonly KeyChange[] {
  const { inputs: earlier } = before.components
  const changed = inputs.flatMap(({ id, name }, index): readonly KeyChange[] => {
    if (earlier[index]?.id === id) return []
    return [{ kind: 'input', name, change: earlier[index] ? 'changed' : 'added' }]
  })
  const gone = earlier.slice(inputs.length).map(({ name }): KeyChange => ({ kind: 'input', name, change: 'removed' }))
  const all = [...changed, ...gone]
  const listed = all.length > 0 && files && before.files ? changedFiles(files, before.files) : []
  if (listed.length === 0) return all
  const named = listed.slice(0, namedFiles)
  const shown = named.map((file) => (ofContext ? { ...file, path: file.path.replace(/^\//, '') } : file))
  return [{ kind: 'files', files: shown, more: listed.length - named.length }]
}

function changedFiles(now: TakenFiles, before: TakenFiles): readonly FileChange[] {
  const old = new Map(before)
  const changed = now.flatMap(([path, content]): readonly FileChange[] => {
    const known = old.get(path)
    old.delete(path)
    if (known === undefined) return [{ path, change: 'added' }]
    return known === content ? [] : [{ path, change: 'changed', ...permissions(known, content) }]
  })
  return [...changed, ...Array.from(old.keys(), (path): FileChange => ({ path, change: 'removed' }))]
}

/** Of a file that is the same but for them. */
function permissions(before: string, now: string): Pick<FileChange, 'mode' | 'owner'> {
  const [was, is] = [tellContent(before), tellContent(now)]
  if (!was || was.rest !== is?.rest) return {}
  return {
    ...(was.mode !== is.mode && { mode: { before: was.mode, now: is.mode } }),
    ...(was.owner !== is.owner && { owner: { before: was.owner, now: is.owner } }),
  }
}

type Members = Readonly<Record<string, Json | undefined>>

function membersOf(definition: Json): Members {
  return Object(definition) as Members
}

function changedVariables(now: Members, before: Members, names: ReadonlySet<string>): readonly KeyChange[] {
  const [environment, earlier] = [variablesOf(now['env']), variablesOf(before['env'])]
  const all = [...new Set([...environment.keys(), ...earlier.keys()])]
  return all
    .filter((name) => environment.get(name) !== earlier.get(name))
    .map((name) => ({
      kind: 'variable',
      name,
      ...(names.has(name) && { argument: true }),
      ...beforeAndNow(shownValue(name, earlier.get(name)), shownValue(name, environment.get(name))),
    }))
}

function variablesOf(env: Json | undefined): ReadonlyMap<string, string> {
  const texts = Array.isArray(env) ? env.filter((text) => typeof text === 'string') : []
  return new Map(
    texts.map((text) => {
      const end = text.indexOf('=')
      return end < 0 ? [text, ''] : [text.slice(0, end), text.slice(end + 1)]
    }),
  )
}

function shownValue(name: string, value: string | undefined): string | undefined {
  return value !== undefined && isSecretName(name) ? stars : value
}

function changedMounts(now: Members, before: Members): readonly KeyChange[] {
  const [mounts, earlier] = [mountsOf(now['mounts']), mountsOf(before['mounts'])]
  const paths = [...new Set([...mounts.keys(), ...earlier.keys()])]
  return paths
    .filter((path) => mounts.get(path) !== earlier.get(path))
    .map((path) => ({ kind: 'mount', path, ...beforeAndNow(earlier.get(path), mounts.get(path)) }))
}

/** By where they are: `type=cache,readOnly=false`. A secret may be a variable alone. */
function mountsOf(mounts: Json | undefined): ReadonlyMap<string, string> {
  const all = Array.isArray(mounts) ? mounts : []
  return new Map(
    all.map((mount) => {
      const { kind, target, env, id, ...others } = membersOf(mount)
      const fields = Object.entries({ type: kind, id, env, ...others }).filter(([, value]) => value !== undefined)
      return [textOf(target ?? env ?? id ?? ''), fields.map(([key, value]) => `${key}=${textOf(value)}`).join(',')]
    }),
  )
}

/** What is compared by itself, or says nothing beside the rest. */
const otherParts = new Set(['kind', 'env', 'mounts'])
/** What stands in the instruction itself. */
const instructionParts = ['argv', 'sources', 'dest', 'path', 'inline', 'scripts']

function changedDefinition(now: Members, before: Members): readonly KeyChange[] {
  const isOther = (part: string) => canonicalJson(now[part] ?? null) !== canonicalJson(before[part] ?? null)
  const parts = [...new Set([...Object.keys(now), ...Object.keys(before)])].filter(isOther)
  const instruction: readonly KeyChange[] = parts.some((part) => instructionParts.includes(part))
    ? [{ kind: 'definition', part: 'instruction', ...beforeAndNow(instructionOf(before), instructionOf(now)) }]
    : []
  const others = parts
    .filter((part) => !otherParts.has(part) && !instructionParts.includes(part))
    .map(
      (part): KeyChange => ({
        kind: 'definition',
        part,
        ...beforeAndNow(shownPart(before[part]), shownPart(now[part])),
      }),
    )
  return [...instruction, ...others]
}

/** About as it is written: what is run, or what is put where. */
function instructionOf({ argv, sources, dest, path, inline }: Members): string {
  if (Array.isArray(argv)) return commandText(argv)
  const names = [...elements(sources), ...elements(inline)].map((source) => textOf(elements(source)[0] ?? ''))
  return [...names, textOf(dest ?? path ?? '')].join(' ')
}

function commandText(argv: readonly Json[]): string {
  const words = argv.map(textOf)
  return words.length === 3 && words[1] === '-c' ? (words[2] ?? '') : words.join(' ')
}

function elements(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : []
}

/** Nothing for what is as it is without a word in the Dockerfile. */
function shownPart(value: Json | undefined): string | undefined {
  if (value === undefined || value === null || value === '' || elements(value).length > 0 !== Array.isArray(value)) {
    return undefined
  }
  const { os, architecture, variant } = membersOf(value)
  if (os !== undefined && architecture !== undefined) return [os, architecture, variant].filter(Boolean).join('/')
  return textOf(value)
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : canonicalJson(value ?? null)
}

function changedBelow({ base, missed }: Below, before: PinnedImage | undefined): KeyChange {
  if (base && before && (base.manifest !== before.manifest || base.name !== before.name)) {
    return { kind: 'base', before, now: base }
  }
  return { kind: 'step', ...(missed && { step: missed.id, label: missed.label }) }
}

function beforeAndNow(before: string | undefined, now: string | undefined) {
  return {
    ...(before !== undefined && { before: withoutLogins(before) }),
    ...(now !== undefined && { now: withoutLogins(now) }),
  }
}
