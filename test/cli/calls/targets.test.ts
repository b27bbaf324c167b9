import { describe, expect, test } from 'vitest'
import { describeJson, describeText } from '../../../src/cli/calls/describe.ts'
import { targetsJson, targetsText } from '../../../src/cli/calls/targets.ts'
import type { Target } from '../../../src/index.ts'
import { dockerfile, range } from './results.ts'

const found: readonly Target[] = [
  { name: 'base', default: false, base: 'node:22', platform: '$BUILDPLATFORM', at: range([1, 1], [1, 21]) },
  { default: false, base: 'scratch', at: range([2, 1], [2, 1]) },
  { name: 'app', default: true, description: 'is what is shipped', base: 'base', at: range([3, 1], [3, 19]) },
]

describe('targets', () => {
  test('as text are a table with the default one marked', () => {
    expect(`\n${targetsText({ dockerfile, found })}`).toBe(`
TARGET          DESCRIPTION
base

app (default)   is what is shipped
`)
    const [first] = found
    const unnamed: Target = { default: true, base: 'scratch', at: range([2, 1], [2, 1]) }
    expect(targetsText({ dockerfile, found: [unnamed] })).toBe('TARGET      DESCRIPTION\n(default)\n')
    expect(targetsText({ dockerfile, found: first ? [first] : [] })).toBe('TARGET   DESCRIPTION\nbase\n')
  })

  test("as JSON are BuildKit's targets.List", () => {
    const line = (number: number) => ({ ranges: [{ start: { line: number }, end: { line: number } }] })
    expect(JSON.parse(JSON.stringify(targetsJson({ dockerfile, found })))).toEqual({
      targets: [
        { name: 'base', base: 'node:22', platform: '$BUILDPLATFORM', location: line(1) },
        { base: 'scratch', location: line(2) },
        { name: 'app', default: true, description: 'is what is shipped', base: 'base', location: line(3) },
      ],
      sources: [Buffer.from(dockerfile.text).toString('base64')],
    })
  })
})

describe('what can be called', () => {
  test('is a table, and a list in the form of BuildKit', () => {
    expect(describeText()).toContain('outline              1.0.0   List all parameters current build target supports\n')
    expect(describeJson()).toMatchObject([
      { name: 'frontend.outline', opts: [{ name: 'target', description: 'Target build stage' }] },
      { name: 'frontend.targets', version: '1.0.0', type: 'rpc' },
      { name: 'frontend.lint' },
      { name: 'frontend.subrequests.describe', inputs: null, refs: null },
    ])
  })
})
