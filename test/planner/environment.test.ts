import { expect } from 'vitest'
import { StageVariables } from '../../src/planner/stage-variables.ts'
import { splitVariable } from '../../src/planner/variables.ts'
import { conformanceTable } from '../support/conformance-table.ts'
import { imageConfig, opsOf, planText } from '../support/planning.ts'

const file = 'convert.json'

interface AddRow {
  readonly key: string
  readonly value: string
  readonly env: readonly string[]
  readonly result: readonly string[]
}

conformanceTable<AddRow>(file, 'addEnv', ['key', 'value', 'env', 'result'], ({ key, value, env, result }) => {
  expect(
    StageVariables.ofImage(env)
      .withEnv([[key, value]])
      .ofImage(),
  ).toEqual(result)
})

interface KeyRow {
  readonly key: string
  readonly text: string
  readonly value: string
}

conformanceTable<KeyRow>(file, 'keyValue', ['key', 'text', 'value'], ({ key, text, value }) => {
  expect(splitVariable(text)).toEqual([key, value])
})

interface MapRow {
  /** By precedence: of two with one name the first counts. */
  readonly args: readonly (readonly [name: string, value: string | null])[]
  readonly env: readonly string[]
  readonly result: Readonly<Record<string, string>>
}

conformanceTable<MapRow>(file, 'envMap', ['args', 'env', 'result'], async ({ args, env, result }) => {
  // ENV and ARGs meet where a stage is built from one that has both. In a file the later ARG counts.
  const lines = args.map(([name, value]) => (value === null ? `ARG ${name}` : `ARG ${name}=${value}`)).reverse()
  const text = `FROM base AS a\n${lines.join('\n')}\nFROM a\nRUN x\n`
  const [run] = opsOf(await planText(text, {}, { base: imageConfig({ Env: ['PATH=/bin', ...env] }) }), 'run')
  expect(Object.fromEntries((run?.env ?? []).map(splitVariable))).toEqual({ PATH: '/bin', ...result })
})
