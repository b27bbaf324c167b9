import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openShelf } from '../../src/cache/shelf.ts'
import { openSurveys } from '../../src/cache/surveys.ts'
import { sha256 } from '../../src/digest/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'tsbuild-surveys-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const surveys = openSurveys(openShelf(join(folder, 'surveys'), async () => folder))
const content = sha256('content')
const changedAt = 1_700_000_000_000
const seen = (text: string) => ({ id: sha256(text), newest: BigInt(changedAt) * 1_000_000n + 5n })

test('what was saved is found, by an equal survey alone', async () => {
  await surveys.save(seen('a'), content, changedAt + 5_000)
  expect(await surveys.find(seen('a'))).toBe(content)
  expect(await surveys.find(seen('b'))).toBeUndefined()
})

test('files that were changed just before they were looked at are not remembered: they may change unnoticed', async () => {
  await surveys.save(seen('fresh'), content, changedAt + 50)
  expect(await surveys.find(seen('fresh'))).toBeUndefined()
})

test('a damaged answer is none', async () => {
  await surveys.save(seen('c'), content, changedAt + 5_000)
  const shelf = join(folder, 'surveys')
  for (const name of readdirSync(shelf, { recursive: true, encoding: 'utf8' })) {
    if (name.length > 3) writeFileSync(join(shelf, name), `${content}\n${content}\n`)
  }
  expect(await surveys.find(seen('c'))).toBeUndefined()
})
