import { expect, it } from 'vitest'
import { checkPlan, opId, type Plan } from '../../src/graph/index.ts'
import { planText } from '../support/planning.ts'

const valid = () => planText('FROM scratch\nCOPY a /\nWORKDIR /b\n')
const refusal = { code: 'TSB_PLAN_INVALID' }

const thrown = (plan: Plan) => {
  try {
    checkPlan(plan)
  } catch (error) {
    return error
  }
  return undefined
}

it('what planning makes is a plan', async () => {
  expect(thrown(await valid())).toBeUndefined()
})

it('an op before what it reads is refused', async () => {
  const plan = await valid()
  expect(thrown({ ...plan, nodes: plan.nodes.toReversed() })).toMatchObject(refusal)
})

it('an id that is not that of its op is refused', async () => {
  const plan = await valid()
  const [first, ...rest] = plan.nodes
  if (!first) throw new Error('empty plan')
  expect(thrown({ ...plan, nodes: [{ ...first, op: { kind: 'context', name: 'other' } }, ...rest] })).toMatchObject(
    refusal,
  )
})

it('the same op twice is refused', async () => {
  const plan = await valid()
  expect(thrown({ ...plan, nodes: [...plan.nodes, ...plan.nodes] })).toMatchObject(refusal)
})

it('a target or a history layer from elsewhere is refused', async () => {
  const plan = await valid()
  const elsewhere = opId({ kind: 'context', name: 'elsewhere' })
  expect(thrown({ ...plan, target: elsewhere })).toMatchObject(refusal)
  const history = [{ createdBy: 'RUN x', layer: elsewhere }]
  expect(thrown({ ...plan, image: { ...plan.image, history } })).toMatchObject(refusal)
})
