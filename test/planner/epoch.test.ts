import { describe, expect, it, test } from 'vitest'
import { parse } from '../../src/parser/index.ts'
import { type NamedContext, plan, type SourceTimes } from '../../src/planner/index.ts'
import { conformanceTable } from '../support/conformance-table.ts'
import { opsOf, planRequest, planText, rowsOf, stubBases } from '../support/planning.ts'

const planned = (text: string, args: Readonly<Record<string, string>> = {}) =>
  planText(text, { buildArgs: new Map(Object.entries(args)) })

test('SOURCE_DATE_EPOCH is a build argument, else the default of a global ARG', async () => {
  expect((await planned('FROM scratch\n', { SOURCE_DATE_EPOCH: '5' })).epoch).toBe(5)
  expect((await planned('ARG SOURCE_DATE_EPOCH=7\nFROM scratch\n')).epoch).toBe(7)
  expect((await planned('ARG SOURCE_DATE_EPOCH=7\nFROM scratch\n', { SOURCE_DATE_EPOCH: '5' })).epoch).toBe(5)
  expect((await planned('ARG SOURCE_DATE_EPOCH=7\nFROM scratch\n', { SOURCE_DATE_EPOCH: '' })).epoch).toBeUndefined()
  expect((await planned('FROM scratch\n')).epoch).toBeUndefined()
})

test('what is no number and no name is refused, with its place in the file', async () => {
  const refused = planned('ARG SOURCE_DATE_EPOCH=now\nFROM scratch\n')
  await expect(refused).rejects.toMatchObject({ code: 'TSB_EPOCH', at: { start: { line: 0 } } })
  const given = planned('FROM scratch\n', { SOURCE_DATE_EPOCH: '-1' })
  await expect(given).rejects.toMatchObject({
    code: 'TSB_EPOCH',
    message: 'invalid SOURCE_DATE_EPOCH: -1',
    at: undefined,
  })
})

/** Answers with these times, and writes down what it was asked. */
function timesOf(times: Readonly<Record<string, number>>): SourceTimes & { readonly asked: unknown[] } {
  const asked: unknown[] = []
  return {
    asked,
    async context(name) {
      asked.push(name)
      return times[name]
    },
    async remote(op, login) {
      asked.push(login ? { ...op, login } : op)
      return times[op.kind === 'git' ? op.remote : op.url]
    },
  }
}

describe('SOURCE_DATE_EPOCH as a name', () => {
  const run = 'ARG SOURCE_DATE_EPOCH\nRUN date\n'
  const planAt = (
    text: string,
    times: SourceTimes,
    args: Readonly<Record<string, string>> = {},
    contexts: Readonly<Record<string, NamedContext>> = {},
  ) =>
    plan(
      parse({ name: 'Dockerfile', text }),
      planRequest({ buildArgs: new Map(Object.entries(args)), namedContexts: new Map(Object.entries(contexts)) }),
      stubBases({}),
      times,
    )

  it('context is the time of the main context, which RUN and rows see as a number', async () => {
    const made = await planAt(`FROM scratch\n${run}`, timesOf({ context: 1700000302 }), {
      SOURCE_DATE_EPOCH: 'context',
    })
    expect(made.epoch).toBe(1700000302)
    expect(rowsOf(made).at(-1)).toBe('RUN |1 SOURCE_DATE_EPOCH=1700000302 /bin/sh -c date # buildkit')
    expect(opsOf(made, 'run')[0]?.env).toContain('SOURCE_DATE_EPOCH=1700000302')
  })

  it('of a context without a time is none, and the argument is empty', async () => {
    const made = await planAt(`FROM scratch\n${run}`, timesOf({}), { SOURCE_DATE_EPOCH: 'context' })
    expect(made).not.toHaveProperty('epoch')
    expect(rowsOf(made).at(-1)).toBe('RUN |1 SOURCE_DATE_EPOCH= /bin/sh -c date # buildkit')
  })

  it('is looked for among the named contexts before the stages', async () => {
    const text = `ARG SOURCE_DATE_EPOCH=src\nFROM scratch AS src\nCOPY a /\nFROM scratch\n${run}`
    const times = timesOf({ src: 5 })
    const made = await planAt(text, times, {}, { src: { kind: 'http', shown: 'https://h/x' } })
    expect([made.epoch, times.asked]).toEqual([5, ['src']])
    expect(rowsOf(made).at(-1)).toContain('SOURCE_DATE_EPOCH=5')
  })

  it('of a stage is that of its one remote ADD, with the ARGs of the stage', async () => {
    const text = [
      'ARG SOURCE_DATE_EPOCH=Src\nARG HOST=one\nFROM scratch AS src\nARG HOST VERSION=2',
      'ADD --checksum=sha256:ab https://me:secret@$HOST/v$VERSION/x.tar.gz /\nFROM scratch\n',
    ].join('\n')
    const times = timesOf({ 'https://two/v2/x.tar.gz': 9 })
    expect((await planAt(text, times, { HOST: 'two' })).epoch).toBe(9)
    expect(times.asked).toEqual([
      {
        kind: 'http',
        url: 'https://two/v2/x.tar.gz',
        name: 'x.tar.gz',
        checksum: 'sha256:ab',
        login: { user: 'me', password: 'secret' },
      },
    ])
  })

  it('of a stage may be that of a git repository', async () => {
    const text = 'ARG SOURCE_DATE_EPOCH=src\nFROM scratch AS src\nADD https://h/r.git#v1:sub /\nFROM scratch\n'
    const times = timesOf({ 'https://h/r.git': 11 })
    expect((await planAt(text, times)).epoch).toBe(11)
    expect(times.asked).toMatchObject([{ kind: 'git', remote: 'https://h/r.git', ref: 'v1', subdir: 'sub' }])
  })

  it.each([
    ['ADD https://h/a /\nADD https://h/b /', 'stage must contain exactly one remote ADD'],
    ['ENV A=1', 'stage does not meet source-only requirements: unsupported env instruction'],
    ['ARG A=1', 'stage must contain exactly one remote ADD'],
    ['ADD https://h/a https://h/b /', 'stage must contain exactly one remote ADD source'],
    ['ADD a /', 'stage source must be a single HTTP(S) or Git ADD'],
  ])('refuses a stage with %j, at its place', async (lines, message) => {
    const text = `ARG SOURCE_DATE_EPOCH=src\nFROM scratch AS src\n${lines}\nFROM scratch\n`
    await expect(planAt(text, timesOf({}))).rejects.toMatchObject({
      code: 'TSB_EPOCH',
      message: `SOURCE_DATE_EPOCH ${message}`,
      at: { source: { name: 'Dockerfile' } },
    })
  })
})

interface EpochRow {
  readonly value?: string
  readonly time?: string | null
  readonly formatted?: string
  readonly dockerfile?: string
  readonly stage?: string
  readonly source?: { readonly url: string; readonly filename: string }
  readonly errorContains?: string
}
conformanceTable<EpochRow>(
  'convert.json',
  'sourceDateEpoch',
  ['value', 'time', 'formatted', 'dockerfile', 'stage', 'source', 'errorContains'],
  async ({ stage = '', value = stage, time, formatted = '', dockerfile = 'FROM scratch\n', source, errorContains }) => {
    const times = timesOf({})
    const text = `${dockerfile}\nFROM scratch\nARG SOURCE_DATE_EPOCH\nRUN x\n`
    const planning = plan(
      parse({ name: 'Dockerfile', text }),
      planRequest({ buildArgs: new Map([['SOURCE_DATE_EPOCH', value]]) }),
      stubBases({}),
      times,
    )
    if (errorContains) return expect(planning).rejects.toThrow(errorContains)
    const made = await planning
    if (source) return expect(times.asked).toEqual([{ kind: 'http', url: source.url, name: source.filename }])
    expect(made.epoch).toBe(time ? Date.parse(time) / 1000 : undefined)
    expect(rowsOf(made).at(-1)).toContain(`SOURCE_DATE_EPOCH=${formatted} `)
  },
)
