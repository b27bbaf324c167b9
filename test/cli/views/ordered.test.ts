import { describe, expect, test } from 'vitest'
import { gitlabFold, guardedGithubFold } from '../../../src/cli/views/fold.ts'
import { OrderedPrinter } from '../../../src/cli/views/ordered-printer.ts'
import { PlainPrinter } from '../../../src/cli/views/plain-printer.ts'
import { spool } from '../../../src/cli/views/spool.ts'
import type { Look } from '../../../src/cli/views/step-writer.ts'
import type { BuildEvent } from '../../../src/index.ts'
import { happens } from './events.ts'

const { start, log, progress, cached, done, error, notice } = happens

/** What is printed for events, with a print after each number: the time it happens at. */
function printed(
  script: readonly (BuildEvent | number)[],
  look: (write: (text: string) => void) => Look = () => ({}),
  Printer: typeof OrderedPrinter | typeof PlainPrinter = OrderedPrinter,
): string {
  let text = '\n'
  const write = (lines: string) => {
    text += lines
  }
  const printer = new Printer(write, look(write))
  for (const item of script) {
    if (typeof item === 'number') printer.print(item)
    else printer.update(item)
  }
  printer.end(1_000_000)
  return text
}

const atOnce = [
  start(0, 'op:a', '[a 1/1] RUN slow'),
  log(100, 'op:a', 'one\n'),
  200,
  start(300, 'op:b', '[b 1/1] RUN quick'),
  log(350, 'op:b', '::error::x\n'),
  done(400, 'op:b', 100),
  notice(450, 'by the way'),
  20_000,
  cached(500, 'op:c', '[c 1/1] COPY . .'),
  log(600, 'op:a', 'two\n'),
  progress(650, 'op:a', 'sha256:4b1f', 10, 10, true),
  done(700, 'op:a', 700),
  20_100,
]

describe('ordered progress', () => {
  test('lines of a step stay together, steps come in the order in which they began, notices between them', () => {
    expect(printed(atOnce)).toBe(`
#1 [a 1/1] RUN slow
#1 0.100 one
#1 sha256:4b1f 10B / 10B done
#1 0.600 two
#1 DONE 0.7s

#0 by the way

#2 [b 1/1] RUN quick
#2 0.050 ::error::x
#2 DONE 0.1s

#3 [c 1/1] COPY . .
#3 CACHED
`)
  })

  test('what waits is printed when the build ends early, and the end of what failed', () => {
    const script = [start(0, 'a', 'A'), start(0, 'b', 'B'), log(5, 'b', 'oh\n'), error(9, 'b', 'exit code: 1'), 10]
    expect(printed(script)).toBe(`
#1 A
#1 ...

#2 B
#2 0.005 oh
#2 ERROR: exit code: 1
------
 > B:
0.005 oh
------
`)
  })

  test('lines that wait go to a file when they are many, and all come back in order', () => {
    const waiting = spool(100)
    const lines = Array.from({ length: 5000 }, (_, i) => `line ${i} ü ${'x'.repeat(i % 70)}`)
    for (const line of lines) waiting.add(line)
    expect([...waiting.drain()].flat()).toEqual(lines)
    waiting.add('more')
    expect([...waiting.drain()].flat()).toEqual(['more'])
  })
})

describe('folds', () => {
  test('github: a group a step, in which the runner obeys nothing; what was cached, and what is over at once, has none', () => {
    const text = printed(atOnce, (write) => ({ fold: guardedGithubFold(write) }))
    const [, token = ''] = /::stop-commands::([0-9a-f]{32})\n/.exec(text) ?? []
    expect(text.replaceAll(token, 'TOKEN')).toContain(`
::group::#2 [b 1/1] RUN quick
::stop-commands::TOKEN
#2 [b 1/1] RUN quick
#2 0.050 ::error::x
#2 DONE 0.1s
::TOKEN::
::endgroup::

#3 [c 1/1] COPY . .
#3 CACHED
`)
    expect(
      printed([start(0, 'a', 'A'), done(1, 'a', 1)], (write) => ({ fold: guardedGithubFold(write) })),
    ).not.toContain('::')
  })

  test('gitlab: a section a step, closed to begin with', () => {
    const text = printed(atOnce, (write) => ({ fold: gitlabFold(write, () => 1_234_567) }))
    expect(text).toMatch(
      /^\x1b\[0Ksection_start:1234:tsbuild_[0-9a-f]{8}_2\[collapsed=true\]\r\x1b\[0K#2 \[b 1\/1\] RUN quick\n#2 \[b/m,
    )
    expect(text).toMatch(/^#2 DONE 0\.1s\n\x1b\[0Ksection_end:1234:tsbuild_[0-9a-f]{8}_2\r\x1b\[0K\n/m)
  })

  test('folded plain progress has the lines of plain progress, and marks between them', () => {
    const look = (write: (text: string) => void) => ({ fold: gitlabFold(write, () => 0) })
    const folded = printed(atOnce, look, PlainPrinter)
    const withoutMarks = folded.replaceAll(/^\x1b\[0Ksection[^\n]*\n/gm, '')
    expect(withoutMarks).toBe(printed(atOnce, () => ({}), PlainPrinter))
    expect(folded.match(/section_start/g)?.length).toBe(folded.match(/section_end/g)?.length)
  })
})
