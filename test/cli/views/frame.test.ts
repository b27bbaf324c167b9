import { describe, expect, test } from 'vitest'
import { noPaint, paint } from '../../../src/cli/text/paint.ts'
import { type FrameLook, frame, lastFrame } from '../../../src/cli/views/frame.ts'
import { readPalette } from '../../../src/cli/views/palette.ts'
import { Trace } from '../../../src/cli/views/trace.ts'
import type { BuildEvent, MissReason } from '../../../src/index.ts'
import { happens } from './events.ts'

const { build, graph, missed, start, log, progress, cached, done, error, canceled, end } = happens
const look: FrameLook = { palette: readPalette(undefined), paint: noPaint, colours: true, logLines: 6 }

function traceOf(...events: readonly BuildEvent[]): Trace {
  const trace = new Trace()
  for (const event of events) trace.apply(event)
  return trace
}

const running = [
  build(0, 0),
  cached(100, 'a', '[build 2/5] WORKDIR /app'),
  start(1100, 'b', '[build 3/5] RUN npm ci'),
  log(5000, 'b', 'added 204 packages\n'),
  start(10_300, 'c', '[stage-1 1/3] FROM docker.io/library/nginx:alpine'),
  progress(11_600, 'c', 'sha256:4b1f', 3_150_000, 29_100_000),
]

describe('the terminal view', () => {
  test('stages are a tree: a line a step, parts and output below it, seconds at the right edge', () => {
    expect(`\n${frame(traceOf(...running), 12_400, { width: 70, height: 24 }, look).join('\n')}\n`).toBe(`
[+] Building 12.4s (1/3)
 => build 1/5                                                   12.3s
 => => CACHED [build 2/5] WORKDIR /app                           0.0s
 => => [build 3/5] RUN npm ci                                   11.3s
 => => => # added 204 packages
 => stage-1 0/3                                                  2.1s
 => => [stage-1 1/3] FROM docker.io/library/nginx:alpine         2.1s
 => => => sha256:4b1f [=>              ] 3.15MB / 29.10MB        0.8s
`)
  })

  test('when the screen is low, ended steps go first and output next', () => {
    const lines = frame(traceOf(...running), 12_400, { width: 70, height: 4 }, look)
    expect(lines.map((line) => line.slice(0, 30).trimEnd())).toEqual([
      '[+] Building 12.4s (1/3)',
      ' => => [build 3/5] RUN npm ci',
      ' => => [stage-1 1/3] FROM dock',
      ' => => => sha256:4b1f [=>',
    ])
  })

  test('a Dockerfile of one stage is no tree; of steps that were cached one after the other the number is said', () => {
    const steps = [cached(0, 'a', '[1/4] WORKDIR /a'), cached(0, 'b', '[2/4] WORKDIR /b'), start(0, 'c', '[3/4] RUN c')]
    const lines = frame(traceOf(...steps), 1000, { width: 40, height: 24 }, look)
    expect(lines).toEqual(['[+] Building 1.0s (2/3)', ' => CACHED 2 steps', ' => [3/4] RUN c                    1.0s'])
    expect(lastFrame(traceOf(...steps), 1000, 40, look)).toHaveLength(4)
  })

  test('says in the end why each step missed; what is so of all of them in one line', () => {
    const ran = (id: string, reason: MissReason) => [
      start(0, id, id.toUpperCase()),
      missed(0, id, reason),
      done(9, id, 9),
    ]
    const last = (...events: readonly BuildEvent[]) =>
      lastFrame(traceOf(build(0, 2), ...events, end(9)), 9, 60, look)
        .slice(1)
        .map((line) => line.replace(/ +[\d.]+s$/, ''))
    const never: MissReason = { kind: 'never-built' }
    const removed: MissReason = { kind: 'removed' }
    expect(last(...ran('a', never), ...ran('b', never))).toEqual([
      ' => A',
      ' => B',
      ' => miss: never built here: each of 2 steps',
    ])
    const [, , , second] = last(...ran('a', removed), ...ran('b', never))
    expect(second).toBe(' => => miss: never built here')
    expect(last(...ran('a', never))).toEqual([' => A', ' => => miss: never built here'])
  })

  test('of a stage that has ended the name stays longest, and a thousand steps fit', () => {
    const steps = Array.from({ length: 1000 }, (_, i) => [
      start(i, `${i}`, `[s${i % 9} ${i + 1}/1000] RUN ${i}`),
      ...(i < 990 ? [done(i + 1, `${i}`, 1)] : []),
    ])
    const lines = frame(traceOf(...steps.flat()), 2000, { width: 80, height: 20 }, look)
    expect(lines).toHaveLength(20)
    expect(lines.filter((line) => line.includes('] RUN'))).toHaveLength(10)
    expect(lines.filter((line) => /^ => s\d 110\/1000/.test(line))).toHaveLength(9)
  })

  test('a step that stages share counts in each that has it', () => {
    const labels = ['[one 1/2] FROM x', '[one 2/2] RUN 1', '[two 2/4] RUN 2', '[two 3/4] RUN 3', '[two 4/4] RUN 4']
    const trace = traceOf(graph(0, ...labels), ...labels.slice(0, 4).map((label, i) => cached(i, label, label)))
    const counts = (lines: readonly string[]) =>
      lines.flatMap((line) => / (?:one|two) \d\/\d/.exec(line)?.[0].trim() ?? [])
    expect(counts(frame(trace, 9, { width: 60, height: 20 }, look))).toEqual(['one 2/2', 'two 3/4'])
    trace.apply(cached(9, labels[4] ?? '', labels[4] ?? ''))
    expect(counts(lastFrame(trace, 9, 60, look))).toEqual(['one 2/2', 'two 4/4'])
  })

  test('a progress bar of a step shows its last state, also before its line ends', () => {
    const trace = traceOf(start(0, 'a', 'A'), log(1, 'a', 'one\n10%\r20%\r'), log(2, 'a', '30%'))
    expect(frame(trace, 2, { width: 60, height: 9 }, look).slice(2)).toEqual([' => => # one', ' => => # 30%'])
    trace.apply(log(3, 'a', '\rready\r\n'))
    expect(frame(trace, 2, { width: 60, height: 9 }, look).slice(2)).toEqual([' => => # one', ' => => # ready'])
  })

  test('no line is longer than the screen is wide', () => {
    for (const width of [20, 30, 45, 200]) {
      for (const line of frame(traceOf(...running), 12_400, { width, height: 24 }, look)) {
        expect(line.length).toBeLessThanOrEqual(width)
      }
    }
  })

  test('at the end all steps are there, with how they ended, and no output', () => {
    const trace = traceOf(
      ...running,
      error(13_000, 'b', 'exit code: 1'),
      canceled(13_000, 'c'),
      start(13_000, 'd', 'exporting to image'),
      done(13_100, 'd', 100),
      end(13_200),
    )
    expect(lastFrame(trace, 13_300, 60, look).map((line) => line.trimEnd())).toEqual([
      '[+] Building 13.2s (4/4) FINISHED',
      ' => build 1/5                                         12.9s',
      ' => => CACHED [build 2/5] WORKDIR /app                 0.0s',
      ' => => ERROR [build 3/5] RUN npm ci                   11.9s',
      ' => stage-1 0/3                                        2.7s',
      ' => => CANCELED [stage-1 1/3] FROM docker.io/library/n 2.7s',
      ' => => => sha256:4b1f 3.15MB / 29.10MB                 1.7s',
      ' => exporting to image                                 0.1s',
    ])
  })

  test('colours: done blue, error red, canceled yellow, or as BUILDKIT_COLORS says', () => {
    const trace = traceOf(cached(0, 'a', 'A'), start(0, 'b', 'B'), error(1, 'b', 'x'))
    const codes = (text: string | undefined) =>
      lastFrame(trace, 1, 60, { ...look, paint, palette: readPalette(text) }).map((line) => line.split(' ')[0])
    expect(codes(undefined)).toEqual(['[+]', '\x1b[34m', '\x1b[31m'])
    expect(codes('run=green:error=255,165,0:nonsense')).toEqual(['[+]', '\x1b[32m', '\x1b[38;2;255;165;0m'])
  })

  test('H01: of the output of a step only colours get through', () => {
    const trace = traceOf(start(0, 'a', 'A'), log(1, 'a', '\x1b]52;c;eA==\x07\x1b[2J\x1b[31mred\n'))
    expect(frame(trace, 2, { width: 60, height: 9 }, look).at(-1)).toBe(' => => # \x1b[31mred\x1b[0m')
    const plain = frame(trace, 2, { width: 60, height: 9 }, { ...look, colours: false })
    expect(plain.at(-1)).toBe(' => => # red')
  })
})
