import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { errorReport } from '../src/cli/error-text.ts'
import { noPaint } from '../src/cli/text/paint.ts'
import type { Environment } from '../src/index.ts'
import { openSecrets } from '../src/library/secrets.ts'

test('G08: a secret is stars in whatever is made of what holds it, also in the report of a crash', async () => {
  const environment = { cwd: '/', env: { TOKEN: 'CANARY' } } as Partial<Environment> as Environment
  const value = await openSecrets({ secrets: { token: { env: 'TOKEN' } } }, environment).read('token')
  expect(Buffer.from(value?.reveal() ?? []).toString()).toBe('CANARY')
  const crash = Object.assign(new Error(`of ${value}`), { options: { value, more: [value] } })
  const shown = [
    inspect(crash, { depth: 9, showHidden: true }),
    JSON.stringify({ ...crash }),
    errorReport(crash, { prefix: '', debug: true, paint: noPaint }),
  ]
  for (const text of shown) {
    expect(text).toContain('***')
    expect(text).not.toMatch(/CANARY|67,\s*65,\s*78|43 41 4e/)
  }
})
