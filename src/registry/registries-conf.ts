import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { isSystemError, TsbuildError } from '../errors.ts'
import { type ConfTable, type ConfValue, readConf } from './conf-text.ts'
import type { MirrorRule, RegistryRule } from './rules.ts'

type Env = Readonly<Record<string, string | undefined>>

/**
 * The rules of podman's `registries.conf`, for those who have it already: `$CONTAINERS_REGISTRIES_CONF`, else the user's file, else
 * the machine's; and the `*.conf` of the folders beside them, where a later rule takes the place of one with the same prefix.
 * What a short name means is none of it: that is Docker's rule here.
 * @throws {TsbuildError} TSB_REGISTRIES_CONF
 * @see https://github.com/containers/image/blob/main/docs/containers-registries.conf.5.md
 */
export async function loadRegistriesConf(env: Env, machine = '/etc/containers'): Promise<readonly RegistryRule[]> {
  const named = env['CONTAINERS_REGISTRIES_CONF']
  const { HOME: home = '', XDG_CONFIG_HOME: config = '' } = env
  const own = path.isAbsolute(config) ? config : path.isAbsolute(home) ? path.join(home, '.config') : undefined
  const folders = [machine, ...(own === undefined ? [] : [path.join(own, 'containers')])]
  const files = folders.map((folder) => path.join(folder, 'registries.conf')).reverse()
  const main = named !== undefined && path.isAbsolute(named) ? await rulesOf(named, true) : await firstThere(files)
  const rules = new Map(main.map((rule) => [rule.prefix, rule]))
  for (const file of (await Promise.all(folders.map(partsIn))).flat()) {
    for (const rule of (await rulesOf(file, false)) ?? []) rules.set(rule.prefix, rule)
  }
  return [...rules.values()]
}

async function firstThere(files: readonly string[]): Promise<readonly RegistryRule[]> {
  for (const file of files) {
    const rules = await rulesOf(file, false)
    if (rules) return rules
  }
  return []
}

async function partsIn(folder: string): Promise<readonly string[]> {
  const place = path.join(folder, 'registries.conf.d')
  const names = await readdir(place).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return []
    throw error
  })
  return names
    .filter((name) => name.endsWith('.conf'))
    .sort()
    .map((name) => path.join(place, name))
}

async function rulesOf(file: string, wanted: true): Promise<readonly RegistryRule[]>
async function rulesOf(file: string, wanted: false): Promise<readonly RegistryRule[] | undefined>
async function rulesOf(file: string, wanted: boolean): Promise<readonly RegistryRule[] | undefined> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (!wanted && isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return undefined
    throw new TsbuildError('TSB_REGISTRIES_CONF', `cannot read ${file}`, { cause: error })
  })
  return text === undefined ? undefined : rulesIn(readConf(text, file), file)
}

/** `[[registry.mirror]]` belongs to the `[[registry]]` before it. */
function rulesIn(tables: readonly ConfTable[], file: string): readonly RegistryRule[] {
  const rules: (RegistryRule & { readonly mirrors: MirrorRule[] })[] = []
  for (const table of tables) {
    const at = `${file}:${table.line}`
    if (table.name === 'registry') rules.push(ruleOf(table, at))
    else if (table.name === 'registry.mirror') {
      const rule = rules.at(-1)
      if (!rule) throw wrong(at, 'a [[registry.mirror]] without a [[registry]] before it')
      rule.mirrors.push(mirrorOf(table, rule, at))
    }
  }
  return rules
}

/** What a `mirror-by-digest-only` says is kept until its mirrors come. */
const byDigest = new WeakSet<RegistryRule>()

function ruleOf({ values }: ConfTable, at: string): RegistryRule & { readonly mirrors: MirrorRule[] } {
  const location = placeIn(values, 'location', at)
  const prefix = placeIn(values, 'prefix', at) ?? location
  if (prefix === undefined) throw wrong(at, 'neither prefix nor location')
  const rule = {
    prefix,
    ...(location !== undefined && location !== prefix && { location }),
    insecure: booleanIn(values, 'insecure', at),
    blocked: booleanIn(values, 'blocked', at),
    mirrors: [],
  }
  if (booleanIn(values, 'mirror-by-digest-only', at)) byDigest.add(rule)
  return rule
}

function mirrorOf({ values }: ConfTable, rule: RegistryRule, at: string): MirrorRule {
  const location = placeIn(values, 'location', at)
  if (location === undefined) throw wrong(at, 'a mirror without location')
  const asked = values.get('pull-from-mirror') ?? 'all'
  if (asked !== 'all' && asked !== 'digest-only' && asked !== 'tag-only') {
    throw wrong(at, 'pull-from-mirror is all, digest-only or tag-only')
  }
  return { location, insecure: booleanIn(values, 'insecure', at), pull: byDigest.has(rule) ? 'digest-only' : asked }
}

function placeIn(values: ReadonlyMap<string, ConfValue>, key: string, at: string): string | undefined {
  const value = values.get(key)
  if (value === undefined || value === '') return undefined
  if (typeof value === 'string' && /^(\*\.)?[\w.[\]-]+(:\d+)?(\/[\w./-]+)?$/.test(value)) return value
  throw wrong(at, `${key} is no host[:port][/path]: ${JSON.stringify(value)}`)
}

function booleanIn(values: ReadonlyMap<string, ConfValue>, key: string, at: string): boolean {
  const value = values.get(key) ?? false
  if (typeof value === 'boolean') return value
  throw wrong(at, `${key} is true or false`)
}

function wrong(at: string, what: string): TsbuildError {
  return new TsbuildError('TSB_REGISTRIES_CONF', `${at}: ${what}`, {
    hint: 'podman and skopeo read this file too: man containers-registries.conf',
  })
}
