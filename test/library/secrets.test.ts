import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { checkSecrets } from '../../src/library/secrets.ts'
import type { BuildOptions, Environment } from '../../src/options.ts'

const cwd = mkdtempSync(join(tmpdir(), 'tsbuild-secrets-'))
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

async function check(secrets: BuildOptions['secrets'], env: Environment['env'] = {}): Promise<readonly string[]> {
  const notices: string[] = []
  await checkSecrets(secrets, { cwd, env } as Environment, (notice) => void notices.push(notice))
  return notices
}

test('a file that is not there is refused, and what else was looked for is said', async () => {
  await expect(check({ token: { file: 'nofile' } })).rejects.toMatchObject({
    code: 'TSB_SECRET_MISSING',
    message: `secret token: cannot read ${join(cwd, 'nofile')}`,
    hint: 'check src= of --secret',
  })
  await expect(check({ TOKEN: { file: 'TOKEN' } })).rejects.toMatchObject({
    hint: 'no variable and no file has that name: set TOKEN, or write --secret id=TOKEN,src=FILE',
  })
})

test('a directory is refused', async () => {
  mkdirSync(join(cwd, 'folder'))
  await expect(check({ token: { file: 'folder' } })).rejects.toMatchObject({ code: 'TSB_SECRET_MISSING' })
})

test('a file may have 500 KiB and no more', async () => {
  writeFileSync(join(cwd, 'large'), Buffer.alloc(512_000))
  expect(await check({ token: { file: 'large' } })).toEqual([])
  writeFileSync(join(cwd, 'larger'), Buffer.alloc(512_001))
  await expect(check({ token: { file: 'larger' } })).rejects.toMatchObject({
    code: 'TSB_SECRET_TOO_LARGE',
    message: 'secret token too big. max size 500KB',
  })
})

test('a variable that is not set makes an empty secret, as with buildx, with a warning', async () => {
  expect(await check({ token: { env: 'TOKEN' } })).toEqual([
    'warning: secret token is empty: the variable TOKEN is not set',
  ])
  expect(await check({ token: { env: 'TOKEN' } }, { TOKEN: '' })).toEqual([])
})
