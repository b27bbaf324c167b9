import { expect, test } from 'vitest'
import { planText } from '../support/planning.ts'

const planned = (text: string, args: Readonly<Record<string, string>> = {}) =>
  planText(text, { buildArgs: new Map(Object.entries(args)) })

test('SOURCE_DATE_EPOCH is a build argument, else the default of a global ARG', async () => {
  expect((await planned('FROM scratch\n', { SOURCE_DATE_EPOCH: '5' })).epoch).toBe(5)
  expect((await planned('ARG SOURCE_DATE_EPOCH=7\nFROM scratch\n')).epoch).toBe(7)
  expect((await planned('ARG SOURCE_DATE_EPOCH=7\nFROM scratch\n', { SOURCE_DATE_EPOCH: '5' })).epoch).toBe(5)
  expect((await planned('FROM scratch\n')).epoch).toBeUndefined()
})

test('what is no number of seconds is refused, with its place in the file', async () => {
  const refused = planned('ARG SOURCE_DATE_EPOCH=now\nFROM scratch\n')
  await expect(refused).rejects.toMatchObject({ code: 'TSB_EPOCH', at: { start: { line: 0 } } })
})
