import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { hasProgram } from '../../support/programs.ts'
import { openTerminal } from '../../support/tmux.ts'
import { openWorkspace } from '../../support/workspace.ts'

const start = path.join(import.meta.dirname, '../../support/programs/start-cli.cjs')

describe.skipIf(!hasProgram('tmux'))('explore in a real terminal (skipped without tmux)', () => {
  it('is right at 80 by 24 and when the terminal changes, and leaves the screen as it was', {
    timeout: 60_000,
  }, async () => {
    await using workspace = await openWorkspace()
    const { directory, environment } = workspace
    workspace.write({
      'context/Dockerfile': 'FROM scratch\nCOPY a /etc/a\nCOPY b c /etc/\n',
      'context/a': 'one\u001b]0;owned\u0007\u001b[2Jtwo\n',
      'context/b': 'b\n',
      'context/c': 'c\n',
    })
    await workspace.build({ tags: ['app'] })
    const command = `echo before; '${process.execPath}' '${start}' explore app; echo "ended $?"; sleep 60`
    const variables = { TSBUILD_ROOT: environment.root, HOME: directory, CI: '', GITHUB_ACTIONS: '' }
    await using terminal = await openTerminal(directory, command, variables)
    const first = await terminal.screen('efficiency')
    expect(first[0]).toMatch(/^ app {2}linux\/\w+ {2}\S+ in 2 layers +layer 1 alone$/)
    expect(first[1]).toBe('[Layers]                             │  Files')
    expect(first[2]).toMatch(/^> 1 +\S+ {2}COPY a \/etc\/a +│ > +\S+ \+ ▾ etc\/$/)
    expect(first[22]).toMatch(/^ \? keys {2}Tab files .* q quit$/)

    await terminal.press('j', 'Tab', 'C-o')
    expect((await terminal.screen('Files by size'))[3]).toMatch(/^> 2 .*│ +\S+ \+ +b$/)
    await terminal.press('Tab', 'C-a')
    const all = await terminal.screen(/│ +\S+ {5,}a$/)
    expect(all[0]).toMatch(/image up to layer 2$/)
    expect(all).toContainEqual(expect.stringMatching(/│ +\S+ {5,}a$/))

    await terminal.resize(50, 10)
    const small = await terminal.screen(/^ \? keys.*…$/, 8)
    expect(small.slice(0, 9).every((line) => line.length <= 50)).toBe(true)
    await terminal.resize(100, 30)
    expect((await terminal.screen(/q quit$/, 28)).join('\n')).toMatch(/ {30}image up to layer 2/)

    await terminal.press('Tab', '/', 'a', '$', 'Enter', 'G', 'Enter')
    const shown = await terminal.screen('[/etc/a]')
    expect(shown[2]).toBe('one<U+001B>]0;owned<U+0007><U+001B>[2Jtwo')
    await terminal.press('q', '?')
    expect((await terminal.screen('q close')).join('\n')).toContain('leave out added, removed, changed, unchanged')
    await terminal.press('q', 'q')
    expect((await terminal.screen('ended')).filter((line) => line !== '')).toEqual(['before', 'ended 0'])
  })
})
