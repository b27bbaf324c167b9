// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are Dockerfiles
import { describe, expect, test } from 'vitest'
import { TsbuildError } from '../src/errors.ts'
import { maskLogins, withoutLogins } from '../src/logins.ts'

describe('logins in URLs', () => {
  test.each([
    ['ADD https://me:pass@x.test/f /', 'ADD https://x.test/f /'],
    ['ADD "http://token@x.test/f" /', 'ADD "http://x.test/f" /'],
    ['ADD https://$USER:${TOKEN}@x.test/f /', 'ADD https://x.test/f /'],
    ['a@b https://me:p@ss@x.test/@c https://u@y.test', 'a@b https://x.test/@c https://y.test'],
    ['git://me:pass@x.test/r', 'git://x.test/r'],
    ['ssh://git:pass@x.test/r', 'ssh://git@x.test/r'],
    ['ssh://git@x.test/r git@x.test:r', 'ssh://git@x.test/r git@x.test:r'],
    ['https://x.test/a@b?c=@d#@e', 'https://x.test/a@b?c=@d#@e'],
  ])('%s is shown as %s', (text, shown) => {
    expect(withoutLogins(text)).toBe(shown)
  })

  test('are stars where the place of what follows matters', () => {
    const text = 'ADD https://me:pass@x.test/f ssh://git:pass@y.test'
    expect(maskLogins(text)).toBe('ADD https://*******@x.test/f ssh://git:****@y.test')
    expect(maskLogins(text)).toHaveLength(text.length)
  })

  test('C14 are in no error, whatever it quotes', () => {
    const error = new TsbuildError('TSB_X', 'bad: https://me:CANARY@x.test', { hint: 'see https://CANARY@x.test' })
    expect([error.message, error.hint]).toEqual(['bad: https://x.test', 'see https://x.test'])
  })

  test('are taken out of a long text without many tries', () => {
    for (const text of ['https://'.repeat(100_000), `https://${'a'.repeat(500_000)}`, 'ssh://a:'.repeat(100_000)])
      expect(withoutLogins(text)).toBe(text)
  }, 5000)
})
