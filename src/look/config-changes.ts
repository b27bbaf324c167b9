import { canonicalJson, type Json } from '../digest/index.ts'
import type { ImageConfig } from '../image/index.ts'

/** A value of the config that two images do not have in common; absent where one has none. */
export interface ConfigChange {
  /** `Cmd`, `Env.PATH`, `Labels.version`, `ExposedPorts.80/tcp`, `architecture`, `created` … */
  readonly key: string
  readonly before?: Json
  readonly after?: Json
}

/** What differs in two configs, sorted by key; layers and their rows are left out. */
export function configChanges(before: ImageConfig, after: ImageConfig): readonly ConfigChange[] {
  const [a, b] = [valuesOf(before), valuesOf(after)]
  return [...new Set([...a.keys(), ...b.keys()])].sort().flatMap((key) => {
    const [old, now] = [a.get(key), b.get(key)]
    if (old !== undefined && now !== undefined && canonicalJson(old) === canonicalJson(now)) return []
    return [{ key, ...(old !== undefined && { before: old }), ...(now !== undefined && { after: now }) }]
  })
}

function valuesOf({ config = {}, rootfs: _, history, ...facts }: ImageConfig): ReadonlyMap<string, Json> {
  const { Env: variables = [], ...rest } = config
  const values = new Map<string, Json>()
  for (const [key, value] of Object.entries(facts)) put(values, key, value)
  for (const variable of variables) {
    const at = variable.indexOf('=')
    put(values, `Env.${at < 0 ? variable : variable.slice(0, at)}`, at < 0 ? '' : variable.slice(at + 1))
  }
  for (const [key, value] of Object.entries(rest)) {
    if (!['Labels', 'ExposedPorts', 'Volumes'].includes(key)) put(values, key, value)
    else for (const [name, each] of Object.entries(value ?? {})) put(values, `${key}.${name}`, each)
  }
  const rows = (history ?? []).filter((row) => row.empty_layer).map((row) => row.created_by ?? '')
  put(values, 'history', rows)
  return values
}

/** The config is JSON: what a schema passed through is, too. */
function put(values: Map<string, Json>, key: string, value: unknown): void {
  if (value !== undefined && value !== null) values.set(key, value as Json)
}
