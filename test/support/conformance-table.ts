import { describe, expect, test } from 'vitest'
import { conformanceCases, hasConformance, skipReason } from './conformance.ts'

/**
 * A test for each row of a table, named after table and index, and one that fails on a field that no test looks at.
 * @param fields what `check` looks at, or knows to have nothing to say about tsbuild
 * @param differs the rows, by index, where tsbuild knowingly does otherwise, and why: their check has to fail
 */
export function conformanceTable<Row extends object>(
  file: string,
  table: string,
  fields: readonly (keyof Row & string)[],
  check: (row: Row, index: number) => unknown,
  differs: Readonly<Record<number, string>> = {},
): void {
  describe.skipIf(!hasConformance)(`${file} ${table}${hasConformance ? '' : ` (${skipReason})`}`, () => {
    const rows = conformanceCases<Row>(file, table)
    test('has no field that is not looked at', () => {
      const known: ReadonlySet<string> = new Set(fields)
      expect([...new Set(rows.flatMap((row) => Object.keys(row)))].filter((field) => !known.has(field))).toEqual([])
    })
    rows.forEach((row, index) => {
      const name = `${table}#${index}: ${JSON.stringify(row).slice(0, 120)}`
      const reason = differs[index]
      if (reason === undefined) test(name, () => check(row, index))
      else test.fails(`${name} (differs: ${reason})`, () => check(row, index))
    })
  })
}
