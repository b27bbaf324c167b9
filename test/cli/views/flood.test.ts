import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { logFile, openRecorder } from '../../../src/builds/index.ts'
import { createOutput } from '../../../src/cli/output.ts'
import { plainView } from '../../../src/cli/views/plain.ts'
import { Trace } from '../../../src/cli/views/trace.ts'
import { ttyView } from '../../../src/cli/views/tty.ts'
import { happens } from './events.ts'

const { build, start, log, done, end } = happens
const count = 100_000
const lines = Array.from({ length: count }, (_, i) => `line ${i}`)
/** What a step prints in a second at the worst: ten lines an event, which end where no line does. */
const text = Buffer.from(`${lines.join('\n')}\n`)
const flood = pieces(text, 101).map((piece) => log(10, 'a', piece))

/** The clock of a view is moved by the test; what draws has its own. */
beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
afterEach(() => void vi.useRealTimers())
const tick = () => vi.advanceTimersByTime(150)

describe('100,000 lines between two frames', () => {
  test('are one frame on a terminal, with the last of them', async () => {
    const { view, terminal } = openTty()
    for (const event of [build(0, 1), start(0, 'a', '[1/1] RUN flood')]) view.event(event)
    tick()
    await terminal.shows('RUN flood')
    terminal.forget()
    for (const event of flood) view.event(event)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(terminal.text()).toBe('')
    tick()
    await terminal.shows(`line ${count - 1}`)
    expect(terminal.text().match(/line \d+/g)).toEqual(lines.slice(-6))
    terminal.forget()
    for (const event of [done(20, 'a', 20), end(20)]) view.event(event)
    await view.close([])
    expect(terminal.text()).toContain('(1/1) FINISHED')
    expect(terminal.text()).not.toContain('line')
  })

  test('are ten lines in memory', () => {
    const trace = new Trace()
    for (const event of [start(0, 'a', 'A'), ...flood]) trace.apply(event)
    const [log] = [...trace.steps].map((step) => trace.log(step))
    expect(log?.recent.map(({ text }) => text)).toEqual(lines.slice(-10))
    expect(log?.latest()).toEqual(log?.recent)
  })

  test('that nobody wants to hear one by one are not made one by one, and the last ones are the same', () => {
    const text = lines.slice(0, 500).join('\n')
    for (const printed of [
      text,
      `${text}\n`,
      text.replace('line 480', 'é\r\nb\r'),
      `${text}\n10%\r`,
      '\n'.repeat(30),
    ]) {
      for (const size of [1, 7, 300, 3000]) {
        const heard: string[] = []
        const traces = [new Trace(), new Trace({ line: (_, { text }) => heard.push(text) })]
        for (const trace of traces) {
          trace.apply(start(0, 'a', 'A'))
          for (const [at, piece] of pieces(Buffer.from(printed), size).entries()) {
            trace.apply(log(at, 'a', piece))
            if (size > 100) trace.apply(log(at, 'a', `${at}\nx`, 'stderr'))
          }
        }
        const [quick, slow] = traces.map((trace) => [...trace.steps].map((step) => trace.log(step)?.latest())[0])
        expect({ size, lines: quick }).toEqual({ size, lines: slow })
        expect(heard.length).toBeGreaterThan(20)
      }
    }
  })

  test('are all of them in plain progress, of which a megabyte waits at most', async () => {
    let [printed, waiting, most] = ['', 0, 0]
    const view = plainView(
      (text) => {
        printed += text
        waiting = 0
      },
      () => 10,
    )
    for (const event of [start(0, 'a', 'A'), ...flood, done(20, 'a', 20)]) {
      waiting += event.type === 'step:log' ? event.bytes.length : 0
      view.event(event)
      most = Math.max(most, waiting)
    }
    await view.close([])
    expect(printed.split('\n').slice(1, -2)).toEqual(lines.map((line) => `#1 0.010 ${line}`))
    expect(most).toBeLessThan(1_000_000)
  })

  test('are all of them in the file of the step', () => {
    const root = mkdtempSync(path.join(tmpdir(), 'tsbuild-flood-'))
    try {
      const recorder = openRecorder(root, { name: 'app', started: 0, directory: '/w', context: '/w', tags: [] })
      for (const event of [start(0, 'a', 'A'), ...flood, done(20, 'a', 20)]) recorder.event(event)
      const record = recorder.end({ status: 'completed', completed: 30, platforms: [], images: [] })
      expect(readFileSync(logFile(root, 1, 1)).equals(text)).toBe(true)
      expect(record?.steps[0]?.log).toMatchObject({ lines: count })
    } finally {
      rmSync(root, { recursive: true })
    }
  })
})

test('a build that is over before its first frame has its list, and nothing was drawn', async () => {
  const { view, terminal } = openTty()
  for (const event of [build(0, 1), start(0, 'a', 'A'), done(20, 'a', 20), end(20)]) view.event(event)
  await view.close([])
  expect(terminal.text()).toMatch(/^\[\+\] Building 0\.0s \(1\/1\) FINISHED\n => A +0\.0s\n$/)
})

function pieces(bytes: Buffer, size: number): readonly Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
}

function openTty() {
  const terminal = openTerminal()
  const env = { NO_COLOR: '1' }
  const environment = { root: '/nowhere', cwd: '/', arch: 'x64', env, now: () => 20, stdout: terminal.stream }
  const view = ttyView({
    environment: { ...environment, stdin: process.stdin },
    err: createOutput(terminal.stream, env),
  })
  return { view, terminal }
}

function openTerminal() {
  const written: string[] = []
  const sink = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk))
      done()
    },
  })
  const text = () => written.join('')
  return {
    stream: Object.assign(sink, { isTTY: true, columns: 80, rows: 24 }) as unknown as NodeJS.WriteStream,
    text,
    forget: () => void written.splice(0),
    shows: (wanted: string) => vi.waitFor(() => expect(text()).toContain(wanted), { timeout: 10_000 }),
  }
}
