import { expect, test } from 'vitest'
import { tryGroups } from '../../../src/executor/examine/groups.ts'
import { findPlace } from '../../../src/executor/sandbox/group-place.ts'
import { readHierarchies } from '../../../src/executor/sandbox/hierarchies.ts'

test('where there are no control groups, that is said of each limit', () => {
  expect(tryGroups([])).toMatchObject({
    version: 'none',
    controllers: [],
    problem: 'this machine has no control groups for memory',
  })
})

test('what is named can be held where steps make their groups', () => {
  const found = tryGroups()
  for (const controller of ['memory', 'cpu', 'pids'] as const) {
    const place = findPlace(controller, undefined, readHierarchies())
    expect(found.controllers.includes(controller)).toBe(typeof place !== 'string')
  }
  expect(found.problem === '').toBe(found.controllers.length === 3)
})
