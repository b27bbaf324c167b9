import { describe, expect, it } from 'vitest'
import { asAway } from '../../src/http/broken.ts'
import { isTransient, reasonOf } from '../../src/http/index.ts'

const failure = (code: string) => Object.assign(new Error(`connect ${code} 192.0.2.1:443`), { code })

describe('a host that answered before', () => {
  it.each(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH'])('may come back after %s', (code) => {
    const away = asAway(failure(code))
    expect([isTransient(failure(code)), isTransient(away)]).toEqual([false, true])
    expect(away).toMatchObject({ code })
    expect(reasonOf(away)).toBe(`connect ${code} 192.0.2.1:443`)
  })

  it('with several addresses says what each came to', () => {
    const both = Object.assign(new AggregateError([failure('ECONNREFUSED'), failure('ECONNREFUSED')]), {
      code: 'ECONNREFUSED',
    })
    expect(isTransient(asAway(both))).toBe(true)
    expect(reasonOf(asAway(both))).toBe(Array(2).fill('connect ECONNREFUSED 192.0.2.1:443').join(', '))
  })

  it('is not mended by waiting where something else is wrong', () => {
    for (const code of ['CERT_HAS_EXPIRED', 'EACCES', 'EPROTO']) expect(isTransient(asAway(failure(code)))).toBe(false)
  })
})
