import fc from 'fast-check'
import { expect, it } from 'vitest'
import { mergedTree } from '../../src/executor/merged-tree.ts'
import type { Layer } from '../../src/image/index.ts'
import { overlay, type Tree, walk } from '../../src/tree/index.ts'
import { tries } from '../support/fuzz.ts'
import { layer } from '../support/tree.ts'

/** Layers that count how often something is asked of them. */
function counted(trees: readonly Tree[]) {
  let asked = 0
  const layers = trees.map((tree): Pick<Layer, 'tree'> => {
    const get: Tree['get'] = (path) => {
      asked++
      return tree.get(path)
    }
    return { tree: async () => ({ ...tree, get }) }
  }) as Layer[]
  return { layers, asked: () => asked }
}

const lines = [
  'file /a/f one',
  'file /a/f two',
  'file /g x',
  'gone /a/f',
  'gone /a',
  'opaque /a',
  'link /a -> g',
  'dir /a',
]
const linked = ['file /a/f one', 'hardlink /a/h = /a/f']
const oneLayer = fc.constantFrom(...lines.map((line) => [line]), linked)

it('is the overlay of all layers, however many there are', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(oneLayer, { minLength: 1, maxLength: 40, size: 'max' }), async (stack) => {
      const trees = stack.map((said) => layer(...said))
      expect([...walk(await mergedTree(counted(trees).layers))]).toEqual([...walk(overlay(trees))])
    }),
    tries(300),
  )
})

it('a further layer on many looks for nothing again that was looked for below', async () => {
  const { layers, asked } = counted(Array.from({ length: 100 }, (_, at) => layer(`file /d${at}/f x`)))
  const look = async (count: number) => {
    const tree = await mergedTree(layers.slice(0, count))
    for (const path of ['etc', 'd7/f', 'proc']) tree.get(path as Parameters<Tree['get']>[0])
  }
  await look(98)
  const before = asked()
  for (const count of [99, 100]) await look(count)
  expect(asked() - before).toBeLessThan(50)
})
