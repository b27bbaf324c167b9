import { describe, expect, test } from 'vitest'
import type { PlanRequest } from '../../src/planner/index.ts'
import { imageConfig, opsOf, planText, rowsOf } from '../support/planning.ts'

const base = imageConfig({
  Env: ['PATH=/bin', 'A=base', 'B=base'],
  Labels: { one: '1', two: '2' },
  Volumes: { '/data': {}, '/log': {} },
  ExposedPorts: { '80/tcp': {}, '53/udp': {} },
  Healthcheck: { Test: ['CMD', 'x'] },
})

const planned = (lines: string, request: Partial<PlanRequest>) => planText(`FROM base\n${lines}\n`, request, { base })

describe('--unset-…', () => {
  test('takes settings out of the image, of base and file alike', async () => {
    const unset = { variables: ['A', 'C'], labels: ['one'], volumes: ['/data'], ports: ['80/tcp'], healthcheck: true }
    const { image } = await planned('ENV C=1 D=2\nHEALTHCHECK CMD y', { unset })
    expect(image.config.config).toEqual({
      Env: ['PATH=/bin', 'B=base', 'D=2'],
      Labels: { two: '2' },
      Volumes: { '/log': {} },
      ExposedPorts: { '53/udp': {} },
    })
  })

  test('takes away what gets empty', async () => {
    const unset = { labels: ['one', 'two'], volumes: ['/data', '/log'], ports: ['80/tcp', '53/udp'] }
    const { image } = await planned('', { unset })
    expect(Object.keys(image.config.config ?? {}).sort()).toEqual(['Env', 'Healthcheck'])
  })

  test('changes neither steps nor history', async () => {
    const plain = await planned('RUN echo $A', {})
    const plan = await planned('RUN echo $A', { unset: { variables: ['A'] } })
    expect([opsOf(plan, 'run'), rowsOf(plan)]).toEqual([opsOf(plain, 'run'), rowsOf(plain)])
  })

  test('is weaker than --label', async () => {
    const { image } = await planned('', { unset: { labels: ['one'] }, labels: new Map([['one', 'new']]) })
    expect(image.config.config?.Labels).toEqual({ two: '2', one: 'new' })
  })
})

test('--label wins over the file, and has no row', async () => {
  const plan = await planned('LABEL one=file three=3', { labels: new Map([['one', 'flag']]) })
  expect(plan.image.config.config?.Labels).toEqual({ one: 'flag', two: '2', three: '3' })
  expect(rowsOf(plan)).toEqual(['LABEL one=file three=3'])
})
