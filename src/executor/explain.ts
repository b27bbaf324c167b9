import type { CacheRecord, KeyComponents } from '../cache/index.ts'
import { canonicalJson, type Json } from '../digest/index.ts'
import type { Node } from '../graph/index.ts'
import type { MissReason } from './events.ts'

type TakenFiles = NonNullable<CacheRecord['files']>

/** Why a step is not in the cache: what it is made of, held against the nearest step that is there, if one is. */
export function explainMiss(
  components: KeyComponents,
  files: TakenFiles | undefined,
  node: Node,
  nearest: CacheRecord | undefined,
): MissReason {
  if (node.noCache) return { kind: 'not-cached', why: '--no-cache' }
  if (!nearest) return { kind: 'never-built' }
  const changed = [
    ...changedInputs(components, files, nearest),
    ...changedDefinition(components.definition, nearest.components.definition),
    ...(components.parent === nearest.components.parent ? [] : ['an earlier step changed']),
  ]
  const [what = 'the result was removed from the cache', ...others] = changed
  return { kind: 'changed', what, more: others.length }
}

/** The files that differ, when both sides have a list of them; else the inputs, as the instruction names them. */
function changedInputs(now: KeyComponents, files: TakenFiles | undefined, before: CacheRecord): readonly string[] {
  const { inputs: earlier } = before.components
  const inputs = now.inputs.flatMap(({ id, name }, index) => {
    if (earlier[index]?.id === id) return []
    return [earlier[index] ? `${name} changed` : `${name} is new`]
  })
  const changed = inputs.length > 0 && files && before.files ? changedFiles(files, before.files) : []
  return changed.length > 0 ? changed : inputs
}

function changedFiles(now: TakenFiles, before: TakenFiles): readonly string[] {
  const old = new Map(before)
  const changed = now.flatMap(([path, digest]) => {
    const known = old.get(path)
    old.delete(path)
    if (known === undefined) return [`${path} is new`]
    return known === digest ? [] : [`${path} changed`]
  })
  return [...changed, ...[...old.keys()].map((path) => `${path} is gone`)]
}

/** Variables by name; of anything else only that the instruction changed. */
function changedDefinition(now: Json, before: Json): readonly string[] {
  if (canonicalJson(now) === canonicalJson(before)) return []
  const [environment, earlier] = [variablesOf(now), variablesOf(before)]
  const names = new Set([...environment.keys(), ...earlier.keys()])
  const changed = [...names].filter((name) => environment.get(name) !== earlier.get(name))
  return changed.length > 0 ? changed.map((name) => `variable ${name} changed`) : ['the instruction changed']
}

function variablesOf(definition: Json): ReadonlyMap<string, string> {
  const { env } = Object(definition) as { readonly env?: Json }
  const texts = Array.isArray(env) ? env.filter((text) => typeof text === 'string') : []
  return new Map(texts.map((text) => [text.slice(0, text.indexOf('=')), text]))
}
