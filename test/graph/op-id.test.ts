import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digestOf } from '../../src/digest/index.ts'
import { type CopyOp, type Op, opId, type RunOp } from '../../src/graph/index.ts'

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
/** F02: the limits of a RUN, every one of them. */
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

describe('an op is named by all its fields', () => {
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

  it('F03: fields never run together: two lists of words have one name only when they are equal', () => {
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
