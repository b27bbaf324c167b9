import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cacheKey } from '../../src/cache/index.ts'
import { digestOf, sha256 } from '../../src/digest/index.ts'
import { executorOf, type OpContext } from '../../src/executor/ops/index.ts'
import { type CopyOp, type LayerOp, type Op, opId, type RunOp } from '../../src/graph/index.ts'
import { treeOfEntries } from '../../src/tree/index.ts'
import { change } from '../support/tree.ts'

const below = opId({ kind: 'scratch' })
const other = opId({ kind: 'context', name: 'context' })
const amd64 = { os: 'linux', architecture: 'amd64', variant: 'v2', 'os.version': '1' }

const copy: Required<CopyOp> = {
  kind: 'copy',
  onto: below,
  sources: [{ from: other, path: 'a', unpack: true }],
  inline: [{ name: 'EOF', text: 'x' }],
  dest: '/app/',
  chown: '1:2',
  chmod: '0755',
  link: true,
  parents: true,
  excludes: ['*.md'],
}

const owned = { required: true, mode: 0o400, uid: 1, gid: 2 }
/** The limits of a RUN, every one of them. */
const limits: Required<RunOp['limits']> = {
  shmSize: 1,
  ulimits: [{ name: 'nofile', soft: 1, hard: 2 }],
  hostNames: ['a'],
  cgroupParent: '/c',
  seccomp: 'unconfined',
}

const run: Required<RunOp> = {
  kind: 'run',
  onto: below,
  argv: ['/bin/sh', '-c', 'make'],
  env: ['PATH=/bin', 'A=1'],
  cwd: '/app',
  user: 'app',
  network: 'none',
  security: 'sandbox',
  mounts: [
    { kind: 'bind', target: '/b', from: other, source: '/', writable: false },
    {
      kind: 'cache',
      target: '/c',
      id: 'c',
      namespace: 'n',
      sharing: 'shared',
      from: other,
      source: '/s',
      mode: 0o755,
      uid: 0,
      gid: 0,
      readOnly: false,
    },
    { kind: 'tmpfs', target: '/t', size: 1 },
    { kind: 'secret', id: 's', target: '/s', env: 'S', ...owned },
    { kind: 'ssh', id: 'default', target: '/ssh', ...owned },
  ],
  scripts: [{ path: '/dev/pipes/E', text: '#!/bin/sh' }],
  platform: amd64,
  hostname: 'h',
  limits,
}

/** One op of each kind, with every optional field. A new kind or field does not compile until it is listed. */
const samples: { readonly [K in Op['kind']]: Required<Extract<Op, { kind: K }>> } = {
  copy,
  run,
  image: { kind: 'image', image: { name: 'docker.io/library/a:1', manifest: digestOf('m') }, platform: amd64 },
  scratch: { kind: 'scratch' },
  context: { kind: 'context', name: 'context' },
  http: { kind: 'http', url: 'https://x.test/f', name: 'f', checksum: 'sha256:0' },
  git: {
    kind: 'git',
    remote: 'https://x.test/r.git',
    ref: 'main',
    subdir: 'd',
    checksum: 'ab',
    fetchByCommit: true,
    keepGitDir: true,
    submodules: true,
    mtime: 'commit',
  },
  mkdir: { kind: 'mkdir', onto: below, path: '/app', mode: 0o755, owner: 'app' },
}

type Path = readonly (string | number)[]

/** The places of all values in a value, containers and members. */
function places(value: unknown, at: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [at]
  return [at, ...Object.entries(value).flatMap(([key, member]) => places(member, [...at, key]))]
}

function changedAt(value: unknown, [key, ...rest]: Path, change: (old: unknown) => unknown): unknown {
  if (key === undefined) return change(value)
  if (Array.isArray(value))
    return value.map((member, i) => (String(i) === key ? changedAt(member, rest, change) : member))
  const record = value as Record<string, unknown>
  return { ...record, [key]: changedAt(record[key], rest, change) }
}

/** Another value of the same type. */
function otherValue(old: unknown): unknown {
  if (typeof old === 'string') return `${old}x`
  if (typeof old === 'number') return old + 1
  if (typeof old === 'boolean') return !old
  return Array.isArray(old) ? [...old, 'x'] : { ...(old as object), extra: 1 }
}

describe('F02 an op is named by all its fields', () => {
  for (const op of Object.values(samples)) {
    for (const place of places(op).slice(1)) {
      it(`${op.kind}: another ${place.join('.')} is another op`, () => {
        expect(opId(changedAt(op, place, otherValue) as Op)).not.toBe(opId(op))
      })
      it(`${op.kind}: the op without ${place.join('.')} is another op`, () => {
        expect(opId(changedAt(op, place, () => undefined) as Op)).not.toBe(opId(op))
      })
    }
  }

  it('the order in which fields are written does not count', () => {
    const reversed = Object.fromEntries(Object.entries(run).reverse()) as unknown as Op
    expect(opId(reversed)).toBe(opId(run))
  })

  it('F03 fields never run together: two lists of words have one name only when they are equal', () => {
    const words = fc.array(fc.string({ maxLength: 4 }), { maxLength: 4 })
    fc.assert(
      fc.property(words, words, (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b)
        return (opId({ ...run, argv: a }) === opId({ ...run, argv: b })) === same
      }),
    )
    expect(opId({ ...copy, sources: [{ from: other, path: 'a b' }], dest: 'c' })).not.toBe(
      opId({ ...copy, sources: [{ from: other, path: 'a', unpack: true }], dest: 'b c' }),
    )
  })
})

/** What an op may ask for while its key is made; the files of each input, and the chain below, are others for another id. */
function contextOf(op: Op): OpContext {
  const treeOf = (id: string) =>
    treeOfEntries(
      ['dir /a', `file /a/b.txt ${id}`, 'dir /ax', `file /ax/b.txt ${id}`, 'dir /s', 'dir /sx', 'dir /x'].map(
        (line) => change(line) as never,
      ),
    )
  const value = (id: string) => ({ kind: 'remote', tree: treeOf(id) })
  const snapshot = (id: string) => ({ chain: sha256(id) })
  const digest = async (file: { content: { bytes: Uint8Array } }) => sha256(file.content.bytes)
  const ports = { cache: { digests: { digest } }, now: () => 0 }
  return { inputs: { value, snapshot }, ports, node: { op } } as unknown as OpContext
}

async function keyOf(op: LayerOp): Promise<string> {
  const executor = executorOf(op)
  return cacheKey(executor.version, (await executor.key(contextOf(op))).components)
}

/** Fields that never change what a step finds: what a cache holds counts by no key, and a control group shows nothing. */
const outsideOfKeys = new Set([
  ...['id', 'namespace', 'sharing', 'from', 'source', 'mode', 'uid', 'gid'].map((field) => `mounts.1.${field}`),
  'limits.cgroupParent',
])

/** A layer built on nothing of the other is the same layer. */
const linked = new Set(['onto'])

describe('F02 the key of a step changes with each field that may change its result', () => {
  const ops: readonly (readonly [LayerOp, ReadonlySet<string>])[] = [
    [{ ...copy, link: false }, new Set()],
    [copy, linked],
    [run, outsideOfKeys],
    [samples.mkdir, new Set()],
  ]
  for (const [op, free] of ops) {
    for (const place of places(op).filter((path) => path.length > 0 && isLeaf(op, path) && path[0] !== 'kind')) {
      const name = place.join('.')
      it(`${op.kind}: ${name} ${free.has(name) ? 'counts in no key' : 'counts'}`, async () => {
        const changed = changedAt(op, place, otherValue) as LayerOp
        expect((await keyOf(changed)) === (await keyOf(op))).toBe(free.has(name))
      })
    }
  }
})

function isLeaf(value: unknown, [key, ...rest]: Path): boolean {
  if (key === undefined) return typeof value !== 'object'
  return isLeaf((value as Record<string, unknown>)[key], rest)
}
