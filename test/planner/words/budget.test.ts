// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are for the shell lexer
import { describe, expect, test } from 'vitest'
import { parse } from '../../../src/parser/index.ts'
import { createBudget } from '../../../src/planner/words/index.ts'
import { errorOf } from '../../support/outcome.ts'
import { imageConfig, opsOf, planError, planText } from '../../support/planning.ts'

const mebi = 1 << 20
/** A variable of 1 MiB, the most that a value may have, in the lines that make it of a short one. */
const longValue = `ENV A=xxxxxxxxxxxxxxxx\n${'ENV A=$A$A\n'.repeat(16)}`
const limit = { code: 'TSB_EXPANSION_LIMIT' }
const bases = { base: imageConfig() }

describe('J01 a value that doubles with each line', () => {
  test('ends in an error at the line where it is longer than 1 MiB', async () => {
    const error = await planError(`FROM scratch\nENV A=xxxxxxxxxxxxxxxx\n${'ENV A=$A$A\n'.repeat(60)}`)
    expect(error).toMatchObject({ ...limit, at: { start: { line: 18 } } })
  })

  test('ends in an error also before the first FROM', async () => {
    expect(await planError(`ARG A=xxxxxxxx\n${'ARG A=$A$A\n'.repeat(60)}FROM scratch\n`)).toMatchObject(limit)
  })
})

describe('all values of a build', () => {
  test('may come to 64 MiB, not more', () => {
    const budget = createBudget()
    for (let i = 0; i < 63; i++) budget.spend(mebi, undefined)
    budget.spend(mebi - 64 * 32, undefined)
    expect(errorOf(() => budget.spend(1, undefined))?.code).toBe('TSB_EXPANSION_LIMIT')
  })

  test.each([
    ['ENV', `FROM scratch\n${longValue}${'ENV B=$A\n'.repeat(63)}`],
    ['LABEL', `FROM scratch\n${longValue}${'LABEL b=$A\n'.repeat(63)}`],
    ['COPY', `FROM base\n${longValue}${'COPY $A /x\n'.repeat(63)}`],
    ['COPY of a heredoc', `FROM base\n${longValue}${'COPY <<E /x\n$A$A$A$A$A$A$A$A$A$A$A$A$A$A$A\nE\n'.repeat(5)}`],
    ['ARG of a global one', `ARG A=xxxxxxxxxxxxxxxx\n${'ARG A=$A$A\n'.repeat(16)}FROM base\n${'ARG A\n'.repeat(65)}`],
    ['ARG before FROM', `ARG A=xxxxxxxxxxxxxxxx\n${'ARG A=$A$A\n'.repeat(16)}${'ARG B=$A\n'.repeat(63)}FROM base\n`],
    ['EXPOSE of ranges', `FROM scratch\n${'EXPOSE 1-65535\n'.repeat(30)}`],
  ])('count where they are used often: %s', async (_, text) => {
    const error = await planError(text, {}, bases)
    expect(error).toMatchObject({ ...limit, at: expect.anything(), hint: expect.anything() })
  })

  test('are few in a large Dockerfile that people wrote', async () => {
    const lines = Array.from({ length: 2000 }, (_, i) => `ENV NAME_${i}=/opt/app/$NAME_0/lib/${i}`)
    const { image } = await planText(`FROM scratch\n${lines.join('\n')}\n`)
    expect(image.config.config?.Env).toHaveLength(2001)
  })
})

describe('patterns on long values', () => {
  test.each([
    ['ENV', `FROM base\n${longValue}${'ENV B=${A##*}\n'.repeat(200)}`],
    ['FROM', `ARG A=xxxxxxxxxxxxxxxx\n${'ARG A=$A$A\n'.repeat(16)}${'FROM base${A##*}\n'.repeat(200)}`],
    [
      'ARG before FROM',
      `ARG A=xxxxxxxxxxxxxxxx\n${'ARG A=$A$A\n'.repeat(16)}${'ARG B=${A%%*}\n'.repeat(200)}FROM base\n`,
    ],
  ])('end in an error when they are used often: %s', async (_, text) => {
    expect(await planError(text, {}, bases)).toMatchObject(limit)
  })

  test('are used as often as anybody needs', async () => {
    const text = `FROM base\nENV A=${'x/'.repeat(30_000)}\n${'ENV B=${A//***y/z}${A#*x}\n'.repeat(100)}`
    expect((await planText(text, {}, bases)).image.history).toHaveLength(101)
  })
})

test('a step is called what is written when its variables would make that long', async () => {
  const plan = await planText(`FROM base\n${longValue}${'RUN echo $A\n'.repeat(20)}`, {}, bases)
  const labels = plan.nodes.flatMap(({ op, label }) => (op.kind === 'run' ? [label] : []))
  expect(opsOf(plan, 'run')).toHaveLength(20)
  expect(labels.at(-1)).toBe('[21/21] RUN echo $A')
})

test('a build argument of any length is refused, not cut, when it is too long', async () => {
  const request = { buildArgs: new Map([['A', 'x'.repeat(2 * mebi)]]) }
  expect(await planError('FROM base\nARG A\nENV B=$A\n', request, bases)).toMatchObject(limit)
})

test('the text of a Dockerfile within its own limits is never what costs', () => {
  const text = `FROM scratch\n${`LABEL a="${'x'.repeat(60_000)}"\n`.repeat(270)}`
  expect(errorOf(() => parse({ name: 'Dockerfile', text }))).toBeUndefined()
})
