import { describe, expect, test } from 'vitest'
import { isContinuousIntegration } from '../../src/cli/continuous-integration.ts'
import { createOutput } from '../../src/cli/output.ts'
import type { Session } from '../../src/cli/session.ts'
import { effectiveMode } from '../../src/cli/views/choose.ts'

type Env = Readonly<Record<string, string>>

/** What arrives at a stream when a text is printed. */
function printed(text: string, env: Env, isTTY = false): string {
  const written: string[] = []
  const stream = { isTTY, write: (chunk: string) => written.push(chunk) } as unknown as NodeJS.WriteStream
  createOutput(stream, env).print(text)
  return written.join('')
}

describe('what is printed', () => {
  const text = '\x1b]0;t\x07\x1b[31mred\x1b[0m\n::error::x\na ##vso[b]\n'

  test('keeps colours on a terminal alone', () => {
    expect(printed(text, {}, true)).toBe('\x1b[31mred\x1b[0m\n::error::x\na ##vso[b]\n')
    expect(printed(text, {})).toBe('red\n::error::x\na ##vso[b]\n')
  })

  test('has no colours with NO_COLOR or on a dumb terminal', () => {
    expect(printed(text, { NO_COLOR: '1' }, true)).toBe('red\n::error::x\na ##vso[b]\n')
    expect(printed(text, { TERM: 'dumb' }, true)).toBe('red\n::error::x\na ##vso[b]\n')
  })

  test('FORCE_COLOR keeps colours where no terminal is, and NO_COLOR is the last word', () => {
    const red = '\x1b[31mred\x1b[0m\n::error::x\na ##vso[b]\n'
    expect(printed(text, { FORCE_COLOR: '1' })).toBe(red)
    expect(printed(text, { FORCE_COLOR: '', TERM: 'dumb' })).toBe(red)
    expect(printed(text, { FORCE_COLOR: '0' }, true)).toBe(printed(text, {}))
    expect(printed(text, { FORCE_COLOR: '1', NO_COLOR: '1' }, true)).toBe(printed(text, {}))
  })

  test.each(['CI', 'GITHUB_ACTIONS', 'GITLAB_CI', 'TF_BUILD', 'TEAMCITY_VERSION'])(
    'H02: no runner command gets through where %s is set',
    (name) => {
      expect(printed(text, { [name]: 'true' })).toBe('red\n: :error::x\na # #vso[b]\n')
    },
  )

  test('CI=false and CI= are no CI', () => {
    expect(isContinuousIntegration({ CI: 'false', GITLAB_CI: '' })).toBe(false)
  })
})

describe('the progress mode', () => {
  const session = (isTerminal: boolean, env: Env) =>
    ({ err: { isTerminal }, environment: { env } }) as unknown as Session

  test.each([
    ['auto', true, {}, 'tty'],
    ['auto', false, {}, 'plain'],
    ['auto', true, { TERM: 'dumb' }, 'plain'],
    ['auto', true, { CI: '1' }, 'plain'],
    ['auto', false, { CI: '1' }, 'plain'],
    ['auto', false, { GITHUB_ACTIONS: 'true' }, 'folded'],
    ['auto', false, { GITLAB_CI: 'true' }, 'folded'],
    ['auto', true, { GITLAB_CI: 'true' }, 'plain'],
    ['plain', false, { GITHUB_ACTIONS: 'true' }, 'plain'],
    ['github', false, {}, 'github'],
    ['tty', true, { CI: '1' }, 'tty'],
    ['tty', false, {}, 'plain'],
    ['tty', true, { TERM: 'dumb' }, 'plain'],
    ['rawjson', true, {}, 'rawjson'],
    ['none', false, {}, 'none'],
  ] as const)('%s on a terminal (%s) with %j is %s', (asked, isTerminal, env, mode) => {
    expect(effectiveMode(asked, session(isTerminal, env))).toBe(mode)
  })
})
