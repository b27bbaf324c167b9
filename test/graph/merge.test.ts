import { expect, test } from 'vitest'
import { checkPlan, mergeNodes, type Node, type Op, opId, type Plan } from '../../src/graph/index.ts'
import { planText } from '../support/planning.ts'

const node = (op: Op, label: string, more: Partial<Node> = {}): Node => ({ id: opId(op), op, label, ...more })
const scratch: Op = { kind: 'scratch' }
const made = (path: string): Op => ({ kind: 'mkdir', onto: opId(scratch), path, mode: 0o755, owner: '' })

test('what two plans ask for is one node, with its first label, and uncached if it is so in one', () => {
  const one = { nodes: [node(scratch, 'a'), node(made('/x'), 'first')] }
  const two = { nodes: [node(scratch, 'b'), node(made('/y'), 'other'), node(made('/x'), 'second', { noCache: true })] }
  expect(mergeNodes([one, two]).map(({ label, noCache }) => [label, noCache])).toEqual([
    ['a', undefined],
    ['first', true],
    ['other', undefined],
  ])
})

test('the nodes of one plan are its own', () => {
  const nodes = [node(scratch, 'a')]
  expect(mergeNodes([{ nodes }])).toBe(nodes)
})

test('every op still comes after its inputs', async () => {
  const texts = ['FROM scratch AS a\nCOPY x /\nFROM scratch\nCOPY --from=a / /\n', 'FROM scratch\nCOPY y /\nCOPY x /\n']
  const plans = await Promise.all(texts.map((text) => planText(text)))
  const [plan] = plans
  if (!plan) throw new Error('no plan')
  expect(() => checkPlan({ ...plan, nodes: mergeNodes(plans) } satisfies Plan)).not.toThrow()
})
