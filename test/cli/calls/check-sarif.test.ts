import { describe, expect, test } from 'vitest'
import { checkSarif } from '../../../src/cli/calls/check-sarif.ts'
import type { CheckResult } from '../../../src/index.ts'
import { casing, checkResult, dockerfile, nowhere, severalLines, unknownInstruction, unreachable } from './results.ts'

interface Text {
  readonly text: string
}

interface Rule {
  readonly id: string
  readonly shortDescription: Text
  readonly fullDescription: Text
  readonly help: Text
  readonly helpUri?: string
  readonly defaultConfiguration: { readonly level: string }
}

interface Result {
  readonly ruleId: string
  readonly ruleIndex: number
  readonly level: string
  readonly message: Text
  readonly locations: readonly {
    readonly physicalLocation: {
      readonly artifactLocation: { readonly uri: string }
      readonly region: Readonly<Record<'startLine' | 'startColumn' | 'endLine' | 'endColumn', number>>
    }
  }[]
  readonly partialFingerprints: { readonly primaryLocationLineHash: string }
}

interface Log {
  readonly $schema: string
  readonly version: string
  readonly runs: readonly {
    readonly tool: {
      readonly driver: { readonly name: string; readonly version: string; readonly rules: readonly Rule[] }
    }
    readonly invocations: readonly object[]
    readonly results: readonly Result[]
  }[]
}

function logOf(changes: Partial<CheckResult>, cwd = '/src'): Log {
  return JSON.parse(JSON.stringify(checkSarif(checkResult(changes), '1.2.3', cwd))) as Log
}

/** The only run, with all that GitHub code scanning asks of it. */
function runOf(changes: Partial<CheckResult>, cwd?: string) {
  const { $schema, version, runs } = logOf(changes, cwd)
  expect({ $schema, version, runs: runs.length }).toEqual({
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: 1,
  })
  const [run] = runs
  if (!run) throw new Error('no run')
  const { rules } = run.tool.driver
  for (const rule of rules) {
    for (const { text } of [rule.shortDescription, rule.fullDescription, rule.help]) expect(text).not.toBe('')
    expect(['warning', 'error']).toContain(rule.defaultConfiguration.level)
    if (rule.helpUri !== undefined) expect(() => new URL(rule.helpUri ?? '')).not.toThrow()
  }
  expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length)
  for (const result of run.results) expectResult(result, rules)
  return run
}

function expectResult(result: Result, rules: readonly Rule[]): void {
  expect(rules[result.ruleIndex]?.id).toBe(result.ruleId)
  expect(['warning', 'error']).toContain(result.level)
  expect(result.message.text).not.toBe('')
  expect(result.locations).toHaveLength(1)
  const { artifactLocation, region } = result.locations[0]?.physicalLocation ?? {}
  expect(artifactLocation?.uri).toMatch(/^[^/][^\\ ]*$/)
  const { startLine = 0, startColumn = 0, endLine = 0, endColumn = 0 } = region ?? {}
  expect(Math.min(startLine, startColumn, endLine, endColumn)).toBeGreaterThanOrEqual(1)
  expect(startLine < endLine || (startLine === endLine && startColumn <= endColumn)).toBe(true)
  expect(result.partialFingerprints.primaryLocationLineHash).toMatch(/^[0-9a-f]+:\d+$/)
}

describe('a check as SARIF', () => {
  test('that finds nothing is a run without results', () => {
    const { tool, results, invocations } = runOf({})
    expect({ name: tool.driver.name, version: tool.driver.version, rules: tool.driver.rules, results }).toEqual({
      name: 'tsbuild',
      version: '1.2.3',
      rules: [],
      results: [],
    })
    expect(invocations).toEqual([{ executionSuccessful: true, toolExecutionNotifications: [] }])
  })

  test('has a rule for each kind of finding, and a result for each finding, columns from 1 on, ends exclusive', () => {
    const { tool, results } = runOf({ warnings: [casing, severalLines, casing] })
    expect(tool.driver.rules.map(({ id }) => id)).toEqual(['StageNameCasing', 'tsbuild/Example'])
    expect(tool.driver.rules[0]?.helpUri).toBe(casing.url)
    const regions = results.map(({ ruleIndex, locations }) => [ruleIndex, locations[0]?.physicalLocation.region])
    expect(regions).toEqual([
      [0, { startLine: 3, startColumn: 14, endLine: 3, endColumn: 19 }],
      [1, { startLine: 4, startColumn: 1, endLine: 5, endColumn: 13 }],
      [0, { startLine: 3, startColumn: 14, endLine: 3, endColumn: 19 }],
    ])
  })

  test('tells of the error that a build would end with', () => {
    const [result] = runOf({ error: unknownInstruction }).results
    expect(result).toMatchObject({
      ruleId: 'TSB_UNKNOWN_INSTRUCTION',
      level: 'error',
      message: { text: 'unknown instruction: COYP (hint: did you mean "COPY"?)' },
    })
  })

  test('what stands in no line is told of the first one', () => {
    const [result] = runOf({ warnings: [nowhere] }).results
    const region = { startLine: 1, startColumn: 1, endLine: 1, endColumn: 1 }
    expect(result?.locations[0]?.physicalLocation.region).toEqual(region)
  })

  test('images that nobody could be asked about are no results', () => {
    const { results, invocations } = runOf({ unreached: [{ reference: 'node:22', error: unreachable }] })
    expect(results).toEqual([])
    const message = { text: 'node:22 could not be looked at: cannot reach docker.io' }
    expect(invocations).toMatchObject([{ toolExecutionNotifications: [{ level: 'warning', message }] }])
  })

  test('names the Dockerfile from the working directory on, as a URI', () => {
    const uriOf = (changes: Partial<CheckResult>, cwd?: string) =>
      logOf({ warnings: [casing], ...changes }, cwd).runs[0]?.results[0]?.locations[0]?.physicalLocation
        .artifactLocation.uri
    expect(uriOf({ path: '/src/app/Dockerfile' })).toBe('app/Dockerfile')
    expect(uriOf({ path: '/src/my app/Docker#file' })).toBe('my%20app/Docker%23file')
    expect(uriOf({ path: '/src/..app/Dockerfile' })).toBe('..app/Dockerfile')
    expect(uriOf({ path: '/other/Dockerfile' })).toBe('file:///other/Dockerfile')
    const { path: _, ...withoutPath } = checkResult({ warnings: [casing] })
    const log = JSON.parse(JSON.stringify(checkSarif(withoutPath, '1', '/src'))) as Log
    expect(log.runs[0]?.results[0]?.locations[0]?.physicalLocation.artifactLocation.uri).toBe('Dockerfile')
  })

  test('a fingerprint stays when lines above are added, and differs between equal findings', () => {
    const printsOf = (warnings: CheckResult['warnings']) =>
      logOf({ warnings }).runs[0]?.results.map(({ partialFingerprints }) => partialFingerprints.primaryLocationLineHash)
    const source = { ...dockerfile, text: `# one more line\n${dockerfile.text}` }
    const moved = { ...casing, at: { source, start: { line: 3, column: 13 }, end: { line: 3, column: 18 } } }
    expect(printsOf([moved])).toEqual(printsOf([casing]))
    expect(new Set(printsOf([casing, casing, severalLines])).size).toBe(3)
  })
})
