import { expect, it } from 'vitest'
import { IdleError } from '../../src/http/broken.ts'
import { asking, type Outcome } from '../../src/object-caches/errors.ts'

const asked = { host: 'cache.test', request: 'GET cache' }
const patience = { attempts: 4, delayMs: 1, maximumDelayMs: 1, idleMs: 1 }
const cut = Object.assign(new Error('cut'), { code: 'ECONNRESET' })

/** What asking comes to when these errors come first, and how often it asked. */
async function outcomeOf(...errors: readonly Error[]) {
  let attempts = 0
  const attempt = async (): Promise<Outcome<string>> => {
    const error = errors[attempts++]
    if (error) throw error
    return { kind: 'done', value: 'good' }
  }
  const outcome = await asking(asked, patience, undefined, attempt).catch((error: Error) => error.message)
  return { outcome, attempts }
}

it('gives a service up that is silent twice, and one whose connections break after four tries', async () => {
  const silence = new IdleError('answer', 1)
  expect(await outcomeOf(silence, cut)).toEqual({ outcome: { value: 'good' }, attempts: 3 })
  expect(await outcomeOf(cut, silence, silence)).toEqual({
    outcome: 'cannot reach cache.test: no answer for 0.001 s (GET cache, attempt 3)',
    attempts: 3,
  })
  expect(await outcomeOf(cut, cut, cut)).toEqual({ outcome: { value: 'good' }, attempts: 4 })
  expect((await outcomeOf(cut, cut, cut, cut)).outcome).toMatch(/attempt 4/)
})
