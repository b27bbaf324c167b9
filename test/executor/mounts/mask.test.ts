import { describe, expect, test } from 'vitest'
import { maskOutput } from '../../../src/executor/mounts/mask.ts'
import { secretForms } from '../../../src/executor/mounts/secret-forms.ts'

/** What is shown of some pieces of output when these are secrets. */
function shown(secrets: readonly string[], ...pieces: readonly string[]): string {
  const heard: Buffer[] = []
  const forms = secrets.flatMap((secret) => secretForms(Buffer.from(secret)))
  const { output, end } = maskOutput((_, bytes) => void heard.push(Buffer.from(bytes)), forms)
  for (const piece of pieces) output('stdout', Buffer.from(piece))
  end()
  return Buffer.concat(heard).toString()
}

const secret = 'p@ss word/42?\n'
const bare = secret.trim()

describe('G05: a secret in the output of a step is stars', () => {
  test.each([
    ['as it is', `the ${bare}!`, 'the ***!'],
    ['as it is, twice', `${bare}${bare}`, '******'],
    ['with its line feed', `> ${secret}<`, '> ***\n<'],
    ['in a URL', `https://u:${encodeURIComponent(bare)}@h/`, 'https://u:***@h/'],
  ])('%s', (_, text, expected) => {
    expect(shown([secret], text)).toBe(expected)
  })

  test.each(['', 'u', 'us', 'user:'])('in base64, after %j and before something else', (before) => {
    for (const after of ['', '\n', ' more']) {
      const text = Buffer.from(before + bare + after).toString('base64')
      const masked = shown([secret], text)
      expect(masked).toContain('***')
      expect(Buffer.from(masked.split('***')[0] ?? '', 'base64').toString()).not.toMatch(/p@s/)
      expect(masked.replace('***', '').length).toBeLessThan(text.length - 12)
    }
  })

  test('in base64 for URLs', () => {
    const odd = '\u00fb\u00ff\u00fe~~~???'
    expect(shown([odd], Buffer.from(odd).toString('base64url'))).toContain('***')
  })

  test.each([1, 2, 3, 5, 7])('in pieces of %d bytes', (size) => {
    const text = `before ${bare} after ${Buffer.from(bare).toString('base64')}.`
    const pieces = text.match(new RegExp(`.{1,${size}}`, 'gs')) ?? []
    expect(shown([secret], ...pieces)).toBe(shown([secret], text))
    expect(shown([secret], ...pieces)).toContain('before *** after ***')
  })

  test.each([76, 64])('in base64 that is folded after %d letters', (width) => {
    const long = Array.from({ length: 40 }, (_, i) => `number ${i}`).join(' ')
    const folded = Buffer.from(`${long}\n`)
      .toString('base64')
      .replaceAll(RegExp(`.{${width}}`, 'g'), '$&\n')
    const masked = shown([long], folded)
    expect(masked.split('\n').filter((line) => line !== '***')).toHaveLength(1)
  })

  test('line by line, when it has several', () => {
    const key = '-----BEGIN KEY-----\nline one of it\nshort\nline two of it\n-----END KEY-----\n'
    expect(shown([key], 'head: line one of it, short')).toBe('head: ***, short')
    expect(shown([key], key)).toBe('***\n')
  })

  test('the longer of two that begin alike', () => {
    expect(shown(['abcdef', 'abcd'], 'abc', 'def abcd abcdx')).toBe('*** *** ***x')
  })

  test('the shorter of two that begin alike, where the output ends', () => {
    expect(shown(['abcdef', 'abcd'], 'abcd')).toBe('***')
    expect(shown(['abcdef', 'abcd'], 'abcde')).toBe('***e')
    expect(shown(['first line of it\nsecond line of it\n'], 'first line of it\n')).toBe('***\n')
  })
})

describe('what is not masked', () => {
  test('output that only begins like a secret, in the end', () => {
    expect(shown([secret], 'p@ss', ' wo')).toBe('p@ss wo')
    expect(shown([secret], 'p@ss w', 'ater')).toBe('p@ss water')
  })

  test('values of less than four bytes: they would be found everywhere', () => {
    expect(shown(['abc\n', ''], 'abc')).toBe('abc')
  })

  test('values above 64 KiB', () => {
    expect(secretForms(Buffer.alloc(65_537, 'x'))).toEqual([])
  })

  test('bytes that are no text pass as they are', () => {
    const heard: Buffer[] = []
    const { output, end } = maskOutput(
      (_, bytes) => void heard.push(Buffer.from(bytes)),
      secretForms(Buffer.from('secret')),
    )
    output('stderr', Buffer.from([0xff, 0xfe, 0x00]))
    end()
    expect(Buffer.concat(heard)).toEqual(Buffer.from([0xff, 0xfe, 0x00]))
  })
})
