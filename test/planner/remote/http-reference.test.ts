import { describe, expect, it } from 'vitest'
import { parseHttpReference } from '../../../src/planner/remote/http-reference.ts'
import { encodeName } from '../../../src/tree/index.ts'
import { code } from '../../support/pulling.ts'

describe('an http reference', () => {
  it('is a text that begins with http:// or https://, in small letters', () => {
    expect(parseHttpReference('https://x.test/f')).toEqual({ url: 'https://x.test/f', name: 'f' })
    for (const text of ['HTTP://x.test/f', 'ftp://x.test/f', 'x.test/f', '/https://x', 'http:/x'])
      expect(parseHttpReference(text)).toBeUndefined()
  })

  it.each([
    ['https://x.test/a/b.tar.gz', 'b.tar.gz'],
    ['https://x.test/a/b.tar.gz?c=/d#e/f', 'b.tar.gz'],
    ['https://x.test/a/dir/', 'dir'],
    ['https://x.test/a//', 'a'],
    ['https://x.test/a/.', '__unnamed__'],
    ['https://x.test', '__unnamed__'],
    ['https://x.test/', '__unnamed__'],
    ['https://x.test?q', '__unnamed__'],
    ['https://x.test/a%20b', 'a b'],
    ['https://x.test/%C3%A4', 'ä'],
    ['https://x.test/a+b', 'a+b'],
    ['https://x.test/a%2fb', 'b'],
    ['https://x.test/%252e', '%2e'],
    ['https://x.test/a\\b', 'a\\b'],
  ])('the name of %s is %s', (url, name) => {
    expect(parseHttpReference(url)?.name).toBe(name)
  })

  it('a name may be bytes that are no text', () => {
    expect(encodeName(parseHttpReference('https://x.test/%ff')?.name ?? '')).toEqual(Buffer.of(0xff))
  })

  it.each(['/..%2f..%2fx', '/..%2f..%2f..', '/a/..', '/%2e%2e', '/a%00', '/a%0ab'])(
    'C17 no name leads out of its directory: %s',
    (path) => {
      const name = (() => {
        try {
          return parseHttpReference(`https://x.test${path}`)?.name
        } catch (error) {
          expect(error).toEqual(code('TSB_URL'))
          return 'refused'
        }
      })()
      expect(['x', 'refused']).toContain(name)
    },
  )

  it.each([
    'https://',
    'https://a b/',
    'https://x.test:y/',
    'https://x.test/%zz',
    'https://x.test/\n',
    'https://a\\@b/',
  ])('%j is refused', (url) => {
    expect(() => parseHttpReference(url)).toThrow(code('TSB_URL'))
  })

  it('user and password are no part of what is asked for', () => {
    expect(parseHttpReference('https://me:p%40ss@x.test/f')).toEqual({
      url: 'https://x.test/f',
      name: 'f',
      login: { user: 'me', password: 'p@ss' },
    })
    expect(parseHttpReference('https://token@x.test/f')?.login).toEqual({ user: 'token' })
  })

  it('C14 a refusal does not show them', () => {
    for (const url of ['https://me:CANARY@x.test:y/', 'https://me:CAN/ARY@x.test/%zz', 'https://me:%zzCANARY@x.test/'])
      expect(() => parseHttpReference(url)).toThrow(/^(?!.*(CAN|ARY)).*not a URL/)
  })

  it('what stands after a # is not asked for, and a backslash is no slash', () => {
    expect(parseHttpReference('https://x.test/a\\b c#d')?.url).toBe('https://x.test/a%5Cb%20c')
  })
})
