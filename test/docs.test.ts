import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { describedErrors, listErrors } from '../scripts/list-errors.ts'
import { describedAttacks, testColumn, testedAttacks } from '../scripts/list-security-cases.ts'
import { exitCodes } from '../src/cli/exit.ts'

const root = path.resolve(import.meta.dirname, '..')
const decisions = readdirSync(path.join(root, 'docs/decisions')).sort()
const pages = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

function textOf(page: string): string {
  return readFileSync(path.join(root, page), 'utf8')
}

test('docs/errors.md describes every code that the sources throw, and no other (scripts/list-errors.ts --write)', () => {
  const thrown = listErrors().map(({ code }) => code)
  expect([...describedErrors().keys()].sort()).toEqual(thrown)
})

test('docs/errors.md has every exit code', () => {
  const listed = [...textOf('docs/errors.md').matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, codes = '']) =>
    codes.split(', ').map(Number),
  )
  expect(listed).toEqual(expect.arrayContaining(Object.values(exitCodes)))
})

test.each(pages)('%s links to what is there', (page) => {
  const targets = [...textOf(page).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => target)
  const missing = targets.filter((target) => !existsSync(path.resolve(root, path.dirname(page), target)))
  expect(missing).toEqual([])
})

test.each(pages)('%s names source files that are there', (page) => {
  const named = [...textOf(page).matchAll(/`(?!dist\/)((?:[\w.-]+\/)+[\w.-]+\.(?:ts|sh|js))`/g)].map(
    ([, name = '']) => name,
  )
  const missing = named.filter((name) => !['.', 'src'].some((folder) => existsSync(path.join(root, folder, name))))
  expect(missing).toEqual([])
})

test('decisions are numbered without a gap', () => {
  expect(decisions.map((name) => Number(name.slice(0, 4)))).toEqual(decisions.map((_, index) => index + 1))
})

/** How many attacks each section of docs/security.md has. */
const attacks = { A: 37, B: 7, C: 22, D: 35, E: 33, F: 15, G: 10, H: 8, I: 7, J: 14, K: 8, L: 7 }

test('docs/security.md has each attack, in order', () => {
  const ids = Object.entries(attacks).flatMap(([section, count]) =>
    Array.from({ length: count }, (_, index) => `${section}${String(index + 1).padStart(2, '0')}`),
  )
  expect(describedAttacks().map(({ id }) => id)).toEqual(ids)
})

test('docs/security.md names the tests of each attack (scripts/list-security-cases.ts --write)', () => {
  const tested = testedAttacks()
  const rows = describedAttacks()
  expect([...tested.keys()].filter((id) => !rows.some((row) => row.id === id))).toEqual([])
  expect(rows.map(({ id, tests }) => [id, tests])).toEqual(rows.map(({ id }) => [id, testColumn(tested.get(id))]))
})

test('docs/security.md says why an attack has no test', () => {
  const untested = describedAttacks().filter(({ tests }) => tests === testColumn())
  expect(untested.filter(({ outcome }) => !/^(not there|no test: )/.test(outcome))).toEqual([])
})
