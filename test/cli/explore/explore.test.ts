import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { contentLines } from '../../../src/cli/explore/content.ts'
import { openController } from '../../../src/cli/explore/controller.ts'
import { frame } from '../../../src/cli/explore/frame.ts'
import { keyNames } from '../../../src/cli/explore/keys.ts'
import { saveFile } from '../../../src/cli/explore/save-file.ts'
import type { Explorer } from '../../../src/cli/explore/state.ts'
import { noPaint } from '../../../src/cli/text/paint.ts'
import type { FileTreeOptions, LayerFacts } from '../../../src/index.ts'
import { fileTree, findWaste } from '../../../src/look/index.ts'
import { widthOf } from '../../../src/text/index.ts'
import { overlay } from '../../../src/tree/index.ts'
import { layer } from '../../support/tree.ts'

const trees = [
  layer('dir /etc', 'file /etc/passwd root', 'dir /var/lib', 'file /var/lib/list 123456789', 'file /keep k'),
  layer('file /etc/passwd root,me', 'gone /var/lib', 'file /e\u001b[31mvil\u0007 x'),
]
const commands = ['ADD base', 'RUN |1 A=1 /bin/sh -c adduser me && rm -rf /var/lib # buildkit']
const digest = (index: number) => `sha256:${String(index + 1).repeat(64)}` as LayerFacts['digest']
const layers = commands.map((createdBy, index) => ({
  index,
  digest: digest(index),
  diffId: digest(index),
  size: 1000 * (index + 1),
  createdBy,
}))

/** An explorer of an image whose layers are here from the start, or when they were read. */
async function explore(isHere = true, columns = 80, rows = 24, slow?: Promise<void>) {
  const read = new Set(isHere ? [0, 1] : [])
  const asked: string[] = []
  let shown: Explorer | undefined
  const image = {
    id: digest(8),
    platform: { os: 'linux', architecture: 'amd64' },
    layers,
    isHere: async (index: number) => read.has(index),
    async fileTree({ layer: index, show }: FileTreeOptions) {
      asked.push(`${show} ${index}`)
      for (let each = show === 'image' ? 0 : index; each <= index; each++) read.add(each)
      const below = read.has(0) || index === 0 ? overlay(trees.slice(0, index)) : undefined
      return fileTree({ layer: trees[index] ?? layer(), below, show })
    },
    async find(path: string, index = 1) {
      return { path, kind: 'file', mode: path === '/keep' ? 0o640 : 0o644, layer: layers[index] } as never
    },
    async *read(path: string, index?: number) {
      asked.push(`read ${path} ${index}`)
      yield Buffer.from('one\ttwo\r\n\u001b]0;title\u0007\u009b2J\n')
    },
    waste: () => findWaste(trees),
  }
  const controller = await openController(
    'app',
    image,
    { columns, rows },
    (explorer) => (shown = explorer),
    async (path, mode, bytes, stop) => {
      let text = ''
      await (slow && Promise.race([slow, new Promise((done) => stop.addEventListener('abort', done))]))
      if (stop.aborted) asked.push('stopped')
      for await (const part of bytes) text += Buffer.from(part).toString()
      asked.push(`save ${path} ${mode.toString(8)} ${JSON.stringify(text.slice(0, 3))}`)
      if (path.endsWith('keep')) throw new Error('/here/keep is there already')
      return `/here${path}`
    },
    new AbortController().signal,
  )
  /** What is on the screen when all has been read. */
  const screen = async () => {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    controller.redraw()
    return shown ? frame(shown, noPaint) : []
  }
  return {
    asked,
    controller,
    screen,
    async press(...keys: readonly string[]) {
      for (const key of keys) {
        controller.press(key)
        await screen()
      }
      return screen()
    },
  }
}

/** The right side of the screen without its title. */
const files = (lines: readonly string[]) =>
  lines
    .slice(2, -1)
    .map((line) => line.split(' │ ')[1]?.trimEnd() ?? '')
    .filter((line) => line !== '')

describe('explore', () => {
  it('shows layers with instruction and size at the left, the files of the chosen one at the right', async () => {
    const { screen, press } = await explore()
    await screen()
    expect(`\n${(await press('down')).map((line) => line.trimEnd()).join('\n')}\n`).toBe(`
 app  linux/amd64  3kB in 2 layers                                layer 2 alone
[Layers]                             │  Files
  1      1kB  ADD base               │        1B +   e<U+001B>[31mvil<U+0007>
> 2      2kB  RUN adduser me && rm … │ >      7B ~ ▾ etc/
                                     │        7B ~     passwd
 Layer 2                             │        0B ~ ▾ var/
  sha256:22222222222222222222222222  │        9B -   ▾ lib/
  2kB, 8B of files                   │        9B -       list
  RUN adduser me && rm -rf /var/lib  │
                                     │
 Image                               │
  files       22B                    │
  wasted      20B in 2 (w)           │
  efficiency  27.27 %                │
                                     │
                                     │
                                     │
                                     │
                                     │
                                     │
                                     │
                                     │
                                     │
 ? keys  Tab files  Enter open  ^A all layers  ^L this layer  w waste  q quit
`)
  })

  it.each([
    [80, 23],
    [40, 10],
    [200, 50],
    [12, 4],
  ])('fills %i columns and %i rows, no line wider, whatever is shown', async (columns, rows) => {
    const { press, controller } = await explore()
    controller.resize({ columns, rows })
    const screens = [
      await press('down'),
      await press('ctrl+a'),
      await press('?'),
      await press('q', 'w'),
      await press('q', 'tab', 'ctrl+b'),
      await press('end', 'enter'),
    ]
    for (const lines of screens) {
      expect(lines).toHaveLength(rows)
      expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(columns)
    }
  })

  it('fetches a layer that is not here when it is opened, and all of them for the whole image', async () => {
    const { asked, screen, press } = await explore(false)
    expect((await screen())[3]).toContain('This layer is not here. Enter')
    expect((await press('down'))[3]).toContain('> 2 ↓    2kB')
    expect(asked).toEqual([])
    expect(files(await press('enter'))).toContain('       7B ? ▾ etc/')
    expect(asked).toEqual(['layer 1'])
    expect((await press('tab', 'ctrl+a'))[4]).toContain('1kB.')
    expect(files(await press('enter')).join('\n')).toContain('1B     keep')
    expect(asked).toEqual(['layer 1', 'image 1'])
  })

  it('ctrl+E writes a file here as the layer has it, and says where, or why not', async () => {
    const { asked, press } = await explore()
    const last = (lines: readonly string[]) => lines.at(-1)?.trim()
    expect(last(await press('down', 'tab', 'ctrl+e'))).toBe('/here/e<U+001B>[31mvil<U+0007> is written')
    expect(last(await press('down', 'ctrl+e'))).toBe('a directory is written by tsbuild extract IMAGE PATH')
    // Of a file that the layer removes, as it was.
    expect(last(await press('end', 'ctrl+e'))).toBe('/here/var/lib/list is written')
    expect(last(await press('enter', 'ctrl+e'))).toBe('/here/var/lib/list is written')
    expect(last(await press('q'))).toContain('? keys')
    expect(last(await press('tab', 'up', 'tab', '/', 'k', 'e', 'e', 'enter', 'ctrl+e'))).toBe(
      '/here/keep is there already',
    )
    expect(asked.filter((each) => each.startsWith('save'))).toHaveLength(4)
    expect(asked).toContain('save /keep 640 "one"')
    expect(asked.filter((each) => each.startsWith('read'))).toEqual([
      'read /e\u001b[31mvil\u0007 1',
      'read /var/lib/list 0',
      'read /var/lib/list 0',
      'read /var/lib/list 0',
      'read /keep 0',
    ])
  })

  it('a file is written under its own name, over none', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tsbuild-explore-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const bytes = async function* () {
      yield Buffer.from('one')
    }
    const broken = async function* (): AsyncIterable<Uint8Array> {
      yield Buffer.from('half')
      throw new Error('gone')
    }
    const stop = new AbortController()
    const halted = async function* (): AsyncIterable<Uint8Array> {
      yield Buffer.from('half')
      expect(readdirSync(directory)).not.toContain('z')
      stop.abort()
      await new Promise(() => {})
    }
    expect(await saveFile(directory, '/etc/x', 0o4755, bytes(), stop.signal)).toBe(join(directory, 'x'))
    expect(statSync(join(directory, 'x')).mode & 0o7700).toBe(0o700)
    await expect(saveFile(directory, '/x', 0o644, bytes(), stop.signal)).rejects.toThrow('is there already')
    await expect(saveFile(directory, '/y', 0o644, broken(), stop.signal)).rejects.toThrow('gone')
    await expect(saveFile(directory, '/z', 0o644, halted(), stop.signal)).rejects.toThrow('abort')
    expect(readdirSync(directory)).toEqual(['x'])
  })

  it('the end waits for a file that is being written, until q is pressed again', async () => {
    const waited = Promise.withResolvers<void>()
    const one = await explore(true, 80, 24, waited.promise)
    expect((await one.press('down', 'tab', 'ctrl+e', 'q')).at(-1)).toContain('q again leaves without it')
    waited.resolve()
    await one.controller.done
    expect(one.asked.at(-1)).toContain('save ')
    expect(one.asked).not.toContain('stopped')
    const other = await explore(true, 80, 24, new Promise(() => {}))
    await other.press('down', 'tab', 'ctrl+e', 'q', 'q')
    await other.controller.done
    expect(other.asked).toContain('stopped')
  })

  it('folds, filters, sorts and leaves out files', async () => {
    const { press } = await explore()
    const names = async (...keys: readonly string[]) => files(await press(...keys)).map((line) => line.slice(12).trim())
    expect(await names('down', 'ctrl+a', 'tab', 'ctrl+o')).toEqual([
      '▾ etc/',
      'passwd',
      'e<U+001B>[31mvil<U+0007>',
      'keep',
      '▾ var/',
      '▾ lib/',
      'list',
    ])
    expect(await names('ctrl+o', 'ctrl+space')).toEqual(['e<U+001B>[31mvil<U+0007>', '▸ etc/', 'keep', '▸ var/'])
    expect(await names('down', 'space')).toContain('passwd')
    expect(await names('left')).not.toContain('passwd')
    expect(await names('/', 'l', 'i', 's', 't', '$', 'enter')).toEqual(['▾ var/', '▾ lib/', 'list'])
    expect(await names('/', '(', 'enter')).toEqual([])
    expect(await names('escape', 'ctrl+u', 'ctrl+r')).toEqual(['e<U+001B>[31mvil<U+0007>', '▸ etc/', '▸ var/'])
  })

  it('shows a file with control characters made harmless, as it was before it was removed', async () => {
    const { asked, press } = await explore()
    await press('down', 'tab', 'end')
    const lines = await press('enter')
    expect(lines.slice(1, 4)).toEqual([
      '[/var/lib/list]  (q closes)',
      'one     two',
      '<U+001B>]0;title<U+0007><U+009B>2J',
    ])
    expect(asked.at(-1)).toBe('read /var/lib/list 0')
    expect((await press('q'))[1]).toContain('[Files]')
  })

  it('shows names beside owners, commands whole where there is room, and all keys on a small screen', async () => {
    const { press, controller } = await explore(true, 80, 24)
    const narrow = await press('down', 'ctrl+b')
    expect(narrow.join('\n')).toContain('▾ etc/\n')
    expect(narrow.join('\n')).toContain('    passwd')
    controller.resize({ columns: 24, rows: 24 })
    const left = (await press()).map((line) => line.split(' │ ')[0]?.trim())
    expect(left.slice(8, 13)).toEqual(['RUN addu', 'ser me', '&& rm', '-rf /var', '/lib'])
    controller.resize({ columns: 40, rows: 10 })
    const help = [await press('?'), await press('end')]
    expect(help[0]?.[1]).toBe('Tab          the other pane')
    expect(help[1]?.at(-2)).toContain('steps that wrote them')
    expect(help[1]?.at(-1)).toContain('q close')
  })

  it('says below what the keys of a file and of waste are, and what is wrong with a pattern', async () => {
    const { press } = await explore()
    const last = (lines: readonly string[]) => lines.at(-1)?.trim()
    expect(last(await press('down', 'tab', 'end', 'enter'))).toContain('^E write it here')
    expect(last(await press('q', 'w'))).toBe('q close  up down one file  PgUp PgDn a page')
    expect(last(await press('q', '/', '['))).toBe('filter: [▏ is no regular expression: Unterminated character class')
    expect(last(await press('enter'))).toContain(
      'filter [ is no regular expression: Unterminated character class (Esc)',
    )
  })

  it('says which steps fought over a file', async () => {
    const { press } = await explore()
    const lines = (await press('w', 'down')).map((line) => line.trimEnd())
    expect(lines.slice(2, 7)).toEqual([
      ' 20B in 2, of which nobody sees 13B',
      ' efficiency 27.27 %, wasted above the lowest layer 250.00 %',
      '   COUNT    TOTAL  PATH',
      '      2      11B  /etc/passwd',
      '>     2       9B  /var/lib/',
    ])
    expect(lines.slice(8, 10)).toEqual([
      ' written by layer 1  ADD base',
      ' removed by layer 2  RUN adduser me && rm -rf /var/lib',
    ])
  })

  it('stays on its file when another layer is chosen, and ends with q or ctrl+C', async () => {
    const { press, controller } = await explore()
    expect(files(await press('tab', 'down', 'tab', 'down')).find((line) => line.startsWith('>'))).toContain('passwd')
    await press('ctrl+c')
    await expect(controller.done).resolves.toBeUndefined()
  })

  it('shows bytes that are no text in hexadecimal, and says when it is not all', () => {
    expect(contentLines(Buffer.from('\0\u001bab'), 4)).toEqual([`00000000  00 1b 61 62${' '.repeat(36)}  ..ab`])
    expect(contentLines(Buffer.from('text'), 9).at(-1)).toBe('(the first 4 of 9 bytes)')
  })

  it('knows keys that come at once, and ctrl with space', () => {
    expect(keyNames('jk', {})).toEqual(['j', 'k'])
    expect(keyNames('j\t\x0f\0\r', {})).toEqual(['j', 'tab', 'ctrl+o', 'ctrl+space', 'enter'])
    expect(keyNames(' ', { ctrl: true })).toEqual(['ctrl+space'])
    expect(keyNames('\r', { return: true })).toEqual(['enter'])
  })
})
