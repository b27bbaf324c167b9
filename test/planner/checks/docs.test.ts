import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Rule, rules } from '../../../src/planner/checks/rules.ts'
import { check } from '../../../src/planner/index.ts'
import { imageConfig, planRequest, stubBases } from '../../support/planning.ts'

const page = readFileSync(path.resolve(import.meta.dirname, '../../../docs/checks.md'), 'utf8')
const rows = [...page.matchAll(/^\| `((?:tsbuild\/)?[A-Z][A-Za-z]+)`([^|]*) \| (.+?) \| (.+?) \|/gm)].map(
  ([, rule = '', mark = '', bad = '', good = '']) => ({ rule, mark: mark.trim(), bad, good }),
)

/** Those whose examples are more than a few lines, or no lines at all. */
const inWords = new Set(['tsbuild/LayerCount', 'tsbuild/RepeatedDockerfile', 'tsbuild/UnusedBuildArg'])

test('docs/checks.md has every rule once, in order', () => {
  const names = Object.keys(rules)
  const sorted = (own: boolean) => names.filter((name) => name.startsWith('tsbuild/') === own).sort()
  expect(rows.map(({ rule }) => rule)).toEqual([...sorted(false), ...sorted(true)])
})

test('docs/checks.md says which rules are experimental', () => {
  const experimental = Object.entries<Rule>(rules).flatMap(([name, rule]) => (rule.experimental ? [name] : []))
  expect(rows.filter(({ mark }) => mark === '(experimental)').map(({ rule }) => rule)).toEqual(experimental)
})

describe('the examples of docs/checks.md', () => {
  for (const { rule, bad, good } of rows.filter((row) => !inWords.has(row.rule))) {
    test(`${rule}: ${bad} is bad, ${good} is good`, async () => {
      expect(await rulesOf(bad)).toContain(rule)
      expect(await rulesOf(good)).not.toContain(rule)
    })
  }
})

async function rulesOf(example: string): Promise<readonly string[]> {
  const lines = /^`(.*)`$/.exec(example)?.[1]?.replaceAll(/ ?⏎ ?/g, '\n').replace('[U+202E]', '\u202e') ?? ''
  const directive = '# check=experimental=all\n'
  const text = `${directive}${/^FROM /m.test(lines) ? lines : `FROM scratch\n${lines}`}\n`
  const image = imageConfig()
  const bases = stubBases({ image, 'for-amd64': image, 'for-arm64': { ...image, architecture: 'arm64' } })
  const request = planRequest({ ignorePatterns: async () => ['ignored'] })
  const { warnings } = await check({ name: 'Dockerfile', text }, request, bases)
  return warnings.map((warning) => warning.rule)
}
