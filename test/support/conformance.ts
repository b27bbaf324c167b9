import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..', process.env['TSBUILD_CONFORMANCE'] ?? '../shared/conformance')

/** False when the conformance data is not on this machine; say `skipReason` then. */
export const hasConformance = existsSync(root)
export const skipReason = `no conformance data in ${root} (set TSBUILD_CONFORMANCE)`

/** The path of a file or folder of the conformance data. */
export function conformancePath(name: string): string {
  return resolve(root, name)
}

/** The cases of a table of a conformance file; none when the data is absent. */
export function conformanceCases<T>(file: string, table: string): readonly T[] {
  if (!hasConformance) return []
  const document = JSON.parse(readFileSync(conformancePath(file), 'utf8')) as {
    readonly tables: Readonly<Record<string, { readonly cases: readonly T[] }>>
  }
  const found = document.tables[table]
  if (!found) throw new Error(`no table ${table} in ${file}`)
  return found.cases
}
