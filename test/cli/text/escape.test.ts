import { describe, expect, test } from 'vitest'
import { jsonText } from '../../../src/cli/text/json.ts'
import { breakRunnerCommands, keepColours, stripControls, visible } from '../../../src/text/index.ts'

const hostile = '\x1b]52;c;eA==\x07\x1b[2J\x1b[31mred'

describe('H01: terminal commands in step output', () => {
  test('colours alone stay on a terminal, and end with the line', () => {
    expect(keepColours(hostile)).toBe('\x1b[31mred\x1b[0m')
  })

  test('nothing stays elsewhere', () => {
    expect(stripControls(hostile)).toBe('red')
  })

  test.each([
    ['clipboard by OSC 52', '\x1b]52;c;eA==\x07x'],
    ['title report', '\x1b[21tx'],
    ['alternate screen', '\x1b[?1049hx'],
    ['cursor up', '\x1b[5Ax'],
    ['OSC ended by ST', '\x1b]0;title\x1b\\x'],
    ['OSC that never ends takes the rest of the line', 'x\x1b]0;title'],
    ['hyperlink', '\x1b]8;;http://a\x07x\x1b]8;;\x07'],
    ['device control string', '\x1bPq#0\x1b\\x'],
    ['C1 spelling of CSI', '\x9b2Jx'],
    ['C1 spelling of OSC', '\x9d0;t\x9cx'],
    ['character set', '\x1b(0x'],
    ['full reset', '\x1bcx'],
    ['backspace and bell', '\x08\x07x'],
    ['lone escape at the end', 'x\x1b'],
    ['shift out', '\x0ex'],
    ['an unfinished sequence', 'x\x1b['],
  ])('%s is removed', (_title, text) => {
    expect(stripControls(text)).toBe('x')
    expect(keepColours(text).replaceAll('\x1b[0m', '')).toBe('x')
  })

  test('tabs and line feeds stay', () => {
    expect(stripControls('a\tb\nc')).toBe('a\tb\nc')
  })
})

describe('H02: commands to CI runners', () => {
  test.each([
    ['::error::x', ': :error::x'],
    ['  ::add-path::/tmp', '  : :add-path::/tmp'],
    ['a ##vso[task.x]b', 'a # #vso[task.x]b'],
    ['##[set-env name=A]', '# #[set-env name=A]'],
    ['##teamcity[message]', '# #teamcity[message]'],
    ['a\n::error::x', 'a\n: :error::x'],
  ])('%j is broken visibly', (text, broken) => {
    expect(breakRunnerCommands(text)).toBe(broken)
  })

  test('std::string in the middle of a line is left alone', () => {
    expect(breakRunnerCommands('#7 0.1 use std::string ## a')).toBe('#7 0.1 use std::string ## a')
  })
})

describe('H04, H06, H08: what cannot be seen is shown', () => {
  test.each([
    ['\u202e', '<U+202E>'],
    ['\u200b', '<U+200B>'],
    ['\ufeff', '<U+FEFF>'],
    ['\u{e0041}', '<U+E0041>'],
    ['\x1b', '<U+001B>'],
    ['\r', '<U+000D>'],
    ['\x9b', '<U+009B>'],
  ])('%j', (character, shown) => {
    expect(visible(`a${character}b`)).toBe(`a${shown}b`)
  })

  test('direction marks are shown in step output too', () => {
    expect(stripControls('a\u202eb')).toBe('a<U+202E>b')
  })

  test('letters of all scripts, accents and emoji stay', () => {
    expect(visible('Größe 文件 عربى 👍🏽')).toBe('Größe 文件 عربى 👍🏽')
  })
})

describe('H07: JSON for programs', () => {
  test('an object is one line, whatever is in it', () => {
    const value = { name: 'a\n"}', other: '\u2028\x1b' }
    expect(jsonText(value)).toBe('{"name":"a\\n\\"}","other":"\\u2028\\u001b"}')
    expect(JSON.parse(jsonText(value))).toEqual(value)
  })

  test('C1 controls and runner commands are escaped and come back', () => {
    const value = { text: '\x9b2J ##vso[task.x]' }
    expect(jsonText(value)).toBe('{"text":"\\u009b2J #\\u0023vso[task.x]"}')
    expect(JSON.parse(jsonText(value))).toEqual(value)
  })
})
