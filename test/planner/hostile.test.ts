import { describe, expect, test } from 'vitest'
import { imageConfig, opsOf, planError, planText } from '../support/planning.ts'

const bases = { base: imageConfig() }
const lines = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n')

describe('J05 stages by the thousand', () => {
  test.each([
    ['each FROM the one before', (i: number) => `FROM s${i} AS s${i + 1}`],
    ['each FROM the one before, with an ENV', (i: number) => `FROM s${i} AS s${i + 1}\nENV A${i}=1`],
    ['each COPY --from the one before', (i: number) => `FROM scratch AS s${i + 1}\nCOPY --from=s${i} / /`],
    ['each FROM and COPY --from the one before', (i: number) => `FROM s${i} AS s${i + 1}\nCOPY --from=${i} / /x`],
    ['each with a trigger for the next', (i: number) => `FROM s${i} AS s${i + 1}\nONBUILD ENV A=1`],
    ['each with one name', () => 'FROM scratch AS s0'],
  ])('10,000 are planned, %s', async (_, stage) => {
    const plan = await planText(`FROM scratch AS s0\n${lines(10_000, stage)}\n`)
    expect(plan.nodes.length).toBeGreaterThan(0)
  })

  test.each([
    ['COPY --from', (i: number) => `FROM scratch AS s${i}\nCOPY --from=s${(i + 1) % 10_000} / /`],
    ['mounts', (i: number) => `FROM base AS s${i}\nRUN --mount=from=s${(i + 1) % 10_000},target=/x y`],
  ])('a cycle of 10,000 through %s is named, in short', async (_, stage) => {
    const error = await planError(`${lines(10_000, stage)}\n`, {}, bases)
    expect(error).toMatchObject({ code: 'TSB_STAGE_CYCLE', at: expect.anything() })
    expect(error.hint?.length).toBeLessThan(1000)
  })

  test('a stage that copies from itself is refused, with the line', async () => {
    const error = await planError('FROM scratch AS a\nFROM scratch AS b\nCOPY --from=b / /\n')
    expect(error).toMatchObject({ code: 'TSB_STAGE_CYCLE', at: { start: { line: 2 } } })
  })

  test('a stage that copies from itself, by a trigger of its base, is refused', async () => {
    const text = 'FROM base AS a\nONBUILD COPY --from=b /x /x\nFROM a AS b\n'
    expect(await planError(text, {}, bases)).toMatchObject({ code: expect.stringMatching(/^TSB_STAGE_(CYCLE|ORDER)$/) })
  })
})

describe('much of one thing in a stage is planned', () => {
  const count = 24_000
  test.each([
    ['ENV', (i: number) => `ENV A${i}=1`],
    ['ENV of one name', () => 'ENV A=1$A1'],
    ['LABEL', (i: number) => `LABEL l${i}=1`],
    ['ARG', (i: number) => `ARG a${i}=1`],
    ['EXPOSE', (i: number) => `EXPOSE ${i + 1}`],
    ['VOLUME', (i: number) => `VOLUME /v${i}`],
    ['ONBUILD', (i: number) => `ONBUILD ENV A${i}=1`],
    ['CMD', () => 'CMD x'],
    ['HEALTHCHECK', () => 'HEALTHCHECK NONE'],
    ['USER', (i: number) => `USER u${i}`],
  ])('24,000 %s', async (_, line) => {
    const { image } = await planText(`FROM scratch\n${lines(count, line)}\n`)
    const { Env = [], Labels = {}, ExposedPorts = {}, Volumes = {}, OnBuild = [] } = image.config.config ?? {}
    const largest = [Env, OnBuild, ...[Labels, ExposedPorts, Volumes].map((map) => Object.keys(map)), image.history]
    expect(Math.max(...largest.map(({ length }) => length))).toBeGreaterThanOrEqual(count)
  })

  test.each([
    ['RUN', 'run', (i: number) => `RUN x${i}`],
    ['RUN with a heredoc', 'run', (i: number) => `RUN <<E\nx${i}\nE`],
    ['COPY', 'copy', (i: number) => `COPY a${i} /`],
    ['COPY of a heredoc', 'copy', (i: number) => `COPY <<E /x\n${i}\nE`],
  ] as const)('10,000 %s', async (_, kind, line) => {
    expect(opsOf(await planText(`FROM base\n${lines(10_000, line)}\n`, {}, bases), kind)).toHaveLength(10_000)
  })

  test('24,000 names in one ENV, 10,000 mounts of one RUN, 10,000 sources of one COPY', async () => {
    const inLines = (word: (index: number) => string, length: number) =>
      Array.from({ length }, (_, i) => word(i) + (i % 1000 === 999 ? ' \\\n' : '')).join(' ')
    const env = await planText(`FROM scratch\nENV ${inLines((i) => `A${i}=1`, 24_000)} Z=1\n`)
    expect(env.image.config.config?.Env).toHaveLength(24_002)
    const text = `FROM base\nRUN ${inLines((i) => `--mount=type=cache,target=/x${i}`, 10_000)} x\n`
    expect(opsOf(await planText(text, {}, bases), 'run')[0]?.mounts).toHaveLength(10_000)
    const copy = await planText(`FROM base\nCOPY ${inLines((i) => `a${i}`, 10_000)} /d/\n`, {}, bases)
    expect(opsOf(copy, 'copy')[0]?.sources).toHaveLength(10_000)
  })

  test('1,000 heredocs in a line, and 1,000 that seem to begin in the body of another', async () => {
    const words = lines(1000, (i) => `<<E${i}`).replaceAll('\n', ' ')
    const run = await planText(`FROM base\nRUN ${words}\n${lines(1000, (i) => `x\nE${i}`)}\n`, {}, bases)
    expect(opsOf(run, 'run')).toHaveLength(1)
    const body = lines(1000, (i) => `COPY <<E${i} /x`)
    const copy = await planText(`FROM base\nCOPY <<E /x\n${body}\n${lines(1000, (i) => `E${i}`)}\nE\n`, {}, bases)
    expect(opsOf(copy, 'copy')[0]?.inline[0]?.text).toHaveLength(body.length + lines(1000, (i) => `E${i}`).length + 2)
  })
})

describe('J13 what is nested deep is read or refused', () => {
  test('ONBUILD in ONBUILD', async () => {
    const error = await planError(`FROM scratch\n${'ONBUILD '.repeat(8000)}RUN x\n`)
    expect(error.code).toBe('TSB_BAD_TRIGGER')
  })

  test('braces in braces', async () => {
    const nested = (depth: number) => `FROM scratch\nENV A=${'${a:-'.repeat(depth)}x${'}'.repeat(depth)}\n`
    expect((await planText(nested(100))).image.config.config?.Env).toContain('A=x')
    expect((await planError(nested(10_000))).code).toBe('TSB_EXPANSION_LIMIT')
  })
})

test('names of 60,000 characters are compared with no other', async () => {
  const name = (letter: string) => letter.repeat(60_000)
  const stages = lines(100, (i) => `FROM scratch AS a${name('a')}${i}`)
  const error = await planError(`${stages}\nCOPY --from=${name('b')} / /\n`)
  expect(error.code).toBe('TSB_REFERENCE_FORMAT')
  expect(error.message.length + (error.hint ?? '').length).toBeLessThan(4000)
})
