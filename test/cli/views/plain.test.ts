import { describe, expect, test } from 'vitest'
import { PlainPrinter } from '../../../src/cli/views/plain-printer.ts'
import type { BuildEvent } from '../../../src/index.ts'
import { happens } from './events.ts'

const { start, log, progress, cached, done, error, canceled, changed, notice } = happens

/** What is printed for events, with a print after each number: the time it happens at. */
function printed(script: readonly (BuildEvent | number)[], nameWidth?: number): string {
  let text = '\n'
  const printer = new PlainPrinter(
    (lines) => {
      text += lines
    },
    { nameWidth },
  )
  for (const item of script) {
    if (typeof item === 'number') printer.print(item)
    else printer.update(item)
  }
  printer.end(1_000_000)
  return text
}

describe('plain progress', () => {
  test('a step is its name, what it says, and how it ended', () => {
    const script = [
      start(0, 'a', '[internal] load build definition from Dockerfile.prod'),
      progress(2, 'a', 'transferring dockerfile', 431, undefined, true),
      done(30, 'a', 30),
      cached(40, 'b', '[build 2/5] WORKDIR /app'),
      start(50, 'c', '[build 3/5] RUN npm ci'),
      log(462, 'c', 'npm warn old lockfile\n'),
      log(11_130, 'c', 'added 204 packages\n'),
      log(120_050, 'c', 'end\n'),
      done(120_050, 'c', 120_000),
    ]
    expect(printed(script)).toBe(`
#1 [internal] load build definition from Dockerfile.prod
#1 transferring dockerfile: 431B done
#1 DONE 0.0s

#2 [build 2/5] WORKDIR /app
#2 CACHED

#3 [build 3/5] RUN npm ci
#3 0.412 npm warn old lockfile
#3 11.08 added 204 packages
#3 120.0 end
#3 DONE 120.0s
`)
  })

  test('a step that goes on later is closed by "...", and its name is printed again', () => {
    const script = [
      start(0, 'a', '[a 1/1] RUN slow'),
      log(100, 'a', 'one\n'),
      200,
      start(300, 'b', '[b 1/1] RUN quick'),
      log(350, 'b', 'hello\n'),
      done(400, 'b', 100),
      500,
      log(600, 'a', 'two\n'),
      done(700, 'a', 700),
    ]
    expect(printed(script)).toBe(`
#1 [a 1/1] RUN slow
#1 0.100 one
#1 ...

#2 [b 1/1] RUN quick
#2 0.050 hello
#2 DONE 0.1s

#1 [a 1/1] RUN slow
#1 0.600 two
#1 DONE 0.7s
`)
  })

  test('the step in view keeps it while others have news, for about 5 seconds', () => {
    const script: (BuildEvent | number)[] = [start(0, 'a', 'A'), start(0, 'b', 'B')]
    for (let at = 1000; at <= 12_000; at += 1000) script.push(log(at, 'a', 'x\n'), log(at, 'b', 'y\n'), at)
    const order = printed(script)
      .split('\n')
      .filter((line) => /^#\d [AB.]/.test(line))
    expect(order).toEqual(['#1 A', '#1 ...', '#2 B', '#2 ...', '#1 A'])
  })

  test('a step that says little is shown after 10 seconds at the latest', () => {
    const script: (BuildEvent | number)[] = [start(0, 'a', 'A'), log(0, 'a', 'x\n'), 0, start(10, 'b', 'B'), 10]
    for (let at = 200; at <= 11_000; at += 10) script.push(log(at, 'a', 'x\n'), at)
    const lines = printed(script).split('\n')
    const shown = lines.indexOf('#2 B')
    const last = lines.slice(0, shown).findLast((line) => line.startsWith('#1 1') || line.startsWith('#1 9'))
    expect(Number(last?.split(' ')[1])).toBeLessThanOrEqual(10.02)
  })

  test('a status is repeated after 5 % or 5 seconds, and at the end', () => {
    const script = [
      start(0, 'a', 'FROM x'),
      progress(0, 'a', 'sha256:4b1f', 0, 29_100_000),
      10,
      progress(100, 'a', 'sha256:4b1f', 1_000_000, 29_100_000),
      110,
      progress(800, 'a', 'sha256:4b1f', 3_150_000, 29_100_000),
      810,
      progress(6000, 'a', 'sha256:4b1f', 3_200_000, 29_100_000),
      6010,
      progress(6100, 'a', 'sha256:4b1f', 29_100_000, 29_100_000, true),
      6110,
    ]
    expect(printed(script)).toBe(`
#1 FROM x
#1 sha256:4b1f 0B / 29.10MB
#1 sha256:4b1f 3.15MB / 29.10MB 0.8s
#1 sha256:4b1f 3.20MB / 29.10MB 6.0s
#1 sha256:4b1f 29.10MB / 29.10MB 6.1s done
`)
  })

  test('a failed step ends with its last 10 lines between rules', () => {
    const lines = Array.from({ length: 12 }, (_, i) => `line ${i}\n`).join('')
    const script = [
      start(0, 'a', '[2/2] RUN make'),
      start(0, 'b', '[other 1/1] RUN sleep 9'),
      log(500, 'a', lines),
      error(700, 'a', 'process "/bin/sh -c make" did not complete successfully: exit code: 2'),
      canceled(710, 'b'),
    ]
    expect(printed(script)).toBe(`
#1 [2/2] RUN make
${Array.from({ length: 12 }, (_, i) => `#1 0.500 line ${i}`).join('\n')}
#1 ERROR: process "/bin/sh -c make" did not complete successfully: exit code: 2

#2 [other 1/1] RUN sleep 9
#2 CANCELED
------
 > [2/2] RUN make:
${Array.from({ length: 10 }, (_, i) => `0.500 line ${i + 2}`).join('\n')}
------
`)
  })

  test('output without a line end is printed after 5 seconds, and when the step ends', () => {
    const script = [start(0, 'a', 'A'), log(100, 'a', '....'), 5000, 5200, log(5300, 'a', 'ok'), done(5400, 'a', 5400)]
    expect(printed(script)).toBe(`
#1 A
#1 0.100 ....
#1 5.300 ok
#1 DONE 5.4s
`)
  })

  test('what changed is said of a step that had to run again', () => {
    expect(printed([changed(0, 'a', 'src/a.ts', 2), start(0, 'a', 'COPY . .'), done(5, 'a', 5)])).toBe(`
#1 COPY . .
#1 miss: src/a.ts changed (2 more)
#1 DONE 0.0s
`)
  })

  test('why a step was not cached is said once, also when that is known after it has begun', () => {
    const script = [
      start(0, 'a', 'COPY . .'),
      100,
      changed(2000, 'a', 'src/a.ts', 0),
      2100,
      2200,
      done(2300, 'a', 2300),
    ]
    expect(printed(script)).toBe(`
#1 COPY . .
#1 miss: src/a.ts changed
#1 DONE 2.3s
`)
  })

  test('a notice has the number 0', () => {
    expect(printed([start(0, 'a', 'A'), 0, notice(1, 'no seccomp here'), done(2, 'a', 2)])).toBe(`
#1 A
#1 ...

#0 no seccomp here

#1 A
#1 DONE 0.0s
`)
  })

  test('H03: a carriage return does not rewrite, it starts a line', () => {
    expect(printed([start(0, 'a', 'A'), log(0, 'a', 'OK\rFAKE\n'), done(1, 'a', 1)])).toContain(
      '#1 0.000 OK\n#1 0.000 FAKE\n',
    )
  })

  test('a name that holds line feeds and controls stays on its line', () => {
    expect(printed([cached(0, 'a', 'RUN a\n\x1b[2Jb')])).toBe('\n#1 RUN a <U+001B>[2Jb\n#1 CACHED\n')
  })

  test('names are cut when asked', () => {
    expect(printed([cached(0, 'a', 'RUN abcdef')], 5)).toBe('\n#1 RUN a...\n#1 CACHED\n')
  })

  test('H05: output that waits is printed before it grows', () => {
    const printer = new PlainPrinter(() => {})
    printer.update(start(0, 'a', 'A'))
    printer.update(start(0, 'b', 'B'))
    printer.print(0)
    for (let i = 0; i < 20; i++) printer.update(log(1, 'b', 'y'.repeat(100_000)))
    expect(printer.isFull).toBe(true)
    printer.print(2)
    expect(printer.isFull).toBe(false)
  })
})
