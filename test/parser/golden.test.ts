import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from '../../src/parser/index.ts'
import { conformancePath, hasConformance, skipReason } from '../support/conformance.ts'
import { errorOf } from '../support/outcome.ts'

interface GoldenCase {
  readonly name: string
  readonly dockerfile: string
  readonly expect: 'success' | 'failure'
  readonly errorContains?: string
}

const fileText = (name: string) => readFileSync(conformancePath(name), 'utf8')

describe.skipIf(!hasConformance)(
  `the Dockerfiles of the golden builds${hasConformance ? '' : `: ${skipReason}`}`,
  () => {
    const golden = (hasConformance ? readdirSync(conformancePath('golden')) : [])
      .map((name) => `golden/${name}`)
      .filter((name) => existsSync(conformancePath(`${name}/case.json`)))
      .map((name) => ({ folder: name, ...(JSON.parse(fileText(`${name}/case.json`)) as GoldenCase) }))
      .filter(({ folder, dockerfile }) => existsSync(conformancePath(`${folder}/context/${dockerfile}`)))
    const problemOf = ({ folder, dockerfile }: (typeof golden)[number]) =>
      errorOf(() => parse({ name: dockerfile, text: fileText(`${folder}/context/${dockerfile}`) }))?.message

    test.each(golden.filter((row) => row.expect === 'success'))('$name is read', (row) => {
      expect(problemOf(row)).toBeUndefined()
    })

    test.each(golden.filter((row) => row.expect === 'failure'))('$name is refused in known words, if at all', (row) => {
      expect(problemOf(row) ?? row.errorContains).toContain(row.errorContains)
    })
  },
)
