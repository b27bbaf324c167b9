import { describe, expect, it } from 'vitest'
import { parseHttpDate, strongDate } from '../../../src/remote/http/last-modified.ts'

describe('a date of HTTP', () => {
  it.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT', '1994-11-06T08:49:37Z'],
    ['Sunday, 06-Nov-94 08:49:37 GMT', '1994-11-06T08:49:37Z'],
    ['Sun Nov  6 08:49:37 1994', '1994-11-06T08:49:37Z'],
    ['Wednesday, 01-Feb-68 00:00:00 GMT', '2068-02-01T00:00:00Z'],
  ])('%s', (text, time) => {
    expect(parseHttpDate(text)).toBe(Date.parse(time) / 1000)
  })

  it.each([undefined, '', '1994-11-06', '784111777', 'Sun, 06 Foo 1994 08:49:37 GMT', 'Thu, 01 Jan 1960 00:00:00 GMT'])(
    'is not %j',
    (text) => {
      expect(parseHttpDate(text)).toBeUndefined()
    },
  )

  it('is good to ask by when it is a minute older than the answer', () => {
    const modified = 'Sun, 06 Nov 1994 08:49:00 GMT'
    expect(strongDate(modified, 'Sun, 06 Nov 1994 08:50:00 GMT')).toBe(modified)
    expect(strongDate(modified, 'Sun, 06 Nov 1994 08:49:59 GMT')).toBeUndefined()
    expect(strongDate(modified, undefined)).toBeUndefined()
  })
})
