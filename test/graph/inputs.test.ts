import { expect, it } from 'vitest'
import { inputsOf, opId, type RunOp } from '../../src/graph/index.ts'

const scratch = opId({ kind: 'scratch' })
const context = opId({ kind: 'context', name: 'context' })
const named = opId({ kind: 'context', name: 'named' })

const copy = {
  kind: 'copy',
  onto: scratch,
  sources: [
    { from: context, path: 'a' },
    { from: context, path: 'b' },
  ],
  inline: [],
  dest: '/',
  link: false,
  parents: false,
  excludes: [],
} as const

const run: RunOp = {
  kind: 'run',
  onto: scratch,
  argv: ['true'],
  env: [],
  cwd: '/',
  user: '',
  network: 'default',
  security: 'sandbox',
  mounts: [
    { kind: 'bind', target: '/a', from: context, source: '/', writable: false },
    { kind: 'bind', target: '/b', from: context, source: '/b', writable: false },
    { kind: 'tmpfs', target: '/t' },
    { kind: 'cache', target: '/c', id: 'c', sharing: 'shared', mode: 0, uid: 0, gid: 0, readOnly: false },
    {
      kind: 'cache',
      target: '/d',
      id: 'd',
      sharing: 'shared',
      from: named,
      source: '/',
      mode: 0,
      uid: 0,
      gid: 0,
      readOnly: false,
    },
  ],
  scripts: [],
  platform: { os: 'linux', architecture: 'amd64' },
  limits: {},
}

it('ops from outside read nothing', () => {
  expect(inputsOf({ kind: 'scratch' })).toEqual([])
  expect(inputsOf({ kind: 'context', name: 'x' })).toEqual([])
})

it('a copy reads what it stands on, then its sources, each once', () => {
  expect(inputsOf(copy)).toEqual([scratch, context])
})

it('a linked copy reads what it stands on last: it is needed only to stack the layer on', () => {
  expect(inputsOf({ ...copy, link: true })).toEqual([context, scratch])
})

it('a run reads what it stands on, then the sources of its mounts', () => {
  expect(inputsOf(run)).toEqual([scratch, context, named])
})

it('a new directory reads what it stands on', () => {
  expect(inputsOf({ kind: 'mkdir', onto: scratch, path: '/a', mode: 0o755, owner: '' })).toEqual([scratch])
})
