import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { kill } from 'node:process'
import { describe, expect, it } from 'vitest'
import { readMachine } from '../src/executor/sandbox/index.ts'
import {
  getXattr,
  listXattrs,
  lockFile,
  makeNode,
  makePipe,
  reap,
  removeXattr,
  setXattr,
  startProcess,
} from '../src/syscalls/index.ts'
import { scratch } from './support/scratch.ts'

const code = (expected: string) => expect.objectContaining({ code: expected })

async function file(): Promise<string> {
  const path = join(await scratch(), 'file')
  writeFileSync(path, '')
  return path
}

describe('extended attributes', () => {
  it('are set, listed, read and removed', async () => {
    const path = await file()
    expect(listXattrs(path)).toBeUndefined()
    setXattr(path, 'user.one', Buffer.from('1'))
    setXattr(path, 'user.empty', Buffer.alloc(0))
    expect(listXattrs(path)).toEqual(
      new Map([
        ['user.one', new Uint8Array([49])],
        ['user.empty', new Uint8Array()],
      ]),
    )
    removeXattr(path, 'user.empty')
    expect(getXattr(path, 'user.empty')).toBeUndefined()
    expect(getXattr(path, 'user.one')).toEqual(new Uint8Array([49]))
  })

  it('a failure is thrown as one of Node: with its code, its call and the path', async () => {
    const path = join(await scratch(), 'nothing')
    expect(() => getXattr(path, 'user.one')).toThrow(
      expect.objectContaining({ code: 'ENOENT', syscall: 'llistxattr', path }),
    )
    expect(() => setXattr(path, 'user.one', Buffer.alloc(0))).toThrow(code('ENOENT'))
    expect(() => makeNode(join(path, 'fifo'), 0o10644)).toThrow(code('ENOENT'))
    expect(() => lockFile(999_999, 'shared', false)).toThrow(code('EBADF'))
  })

  it('the code is that of the call, however busy the garbage collector is', async () => {
    const path = await file()
    const garbage: unknown[] = []
    const codes = new Set<unknown>()
    for (let i = 0; i < 30_000; i++) {
      garbage[i % 10_000] = { i, list: [i, i] }
      try {
        removeXattr(path, 'user.none')
      } catch (error) {
        codes.add((error as NodeJS.ErrnoException).code)
      }
    }
    expect(codes).toEqual(new Set(['ENODATA']))
  })
})

describe('processes', () => {
  const { inheritedHandles } = readMachine()

  /** What a shell line prints, and how it ends. */
  async function ran(line: string) {
    const { reader, writer } = makePipe()
    const empty = openSync('/dev/null', 'r')
    const args = ['-c', line, 'sh', 'an argument']
    const pid = startProcess({
      program: '/bin/sh',
      args,
      env: { A: 'b c' },
      handles: [empty, writer, writer],
      closed: inheritedHandles,
    })
    closeSync(writer)
    closeSync(empty)
    const text = readFileSync(reader, 'utf8')
    closeSync(reader)
    for (;;) {
      const ended = reap(pid)
      if (ended) return { text, ...ended }
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }

  it('get their arguments, their environment and no handle but their own', async () => {
    const { text } = await ran('echo "$1 $A"; exec ls /proc/self/fd')
    // The fourth is that with which ls reads the folder.
    expect(text).toBe('an argument b c\n0\n1\n2\n3\n')
  })

  it('lead a session, and take signals as they are by default', async () => {
    const { text } = await ran('read -r a b c d e session rest </proc/self/stat; [ "$a" = "$session" ] && echo leads')
    expect(text).toBe('leads\n')
    expect((await ran('grep SigIgn /proc/self/status')).text).toMatch(/\t0+\n$/)
  })

  it('end with a code or a signal', async () => {
    expect(await ran('exit 7')).toMatchObject({ code: 7, signal: undefined })
    expect(await ran('kill -9 $$')).toMatchObject({ code: undefined, signal: 9 })
  })

  it('are there until they are reaped, and not after', async () => {
    const { reader, writer } = makePipe()
    const handles = [reader, writer, writer]
    const pid = startProcess({ program: '/bin/sh', args: ['-c', 'read -r x'], env: {}, handles, closed: [] })
    expect(reap(pid)).toBeUndefined()
    kill(pid, 'SIGKILL')
    while (!reap(pid));
    expect(() => reap(pid)).toThrow(code('ECHILD'))
    for (const fd of [reader, writer]) closeSync(fd)
  })

  it('that cannot be started say why', () => {
    const start = (program: string, args: readonly string[]) => () =>
      startProcess({ program, args, env: {}, handles: [], closed: [] })
    expect(start('/no/such', [])).toThrow(code('ENOENT'))
    expect(start('/etc/passwd', [])).toThrow(code('EACCES'))
    expect(start('/bin/sh', ['x'.repeat(200_000)])).toThrow(code('E2BIG'))
    expect(start('/bin/sh', ['a\0b'])).toThrow('NUL')
  })
})
