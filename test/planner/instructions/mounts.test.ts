import { describe, expect, it } from 'vitest'
import type { Mount } from '../../../src/graph/index.ts'
import { opId } from '../../../src/graph/index.ts'
import type { PlanRequest } from '../../../src/planner/index.ts'
import { imageConfig, opsOf, planError, planText } from '../../support/planning.ts'

const base = { base: imageConfig({ Env: ['PATH=/bin', 'D=/data'] }) }
const context = opId({ kind: 'context', name: 'context' })

async function mountsOf(flags: string, before = '', changes: Partial<PlanRequest> = {}): Promise<readonly Mount[]> {
  const plan = await planText(`FROM scratch AS other\nFROM base\n${before}\nRUN ${flags} x\n`, changes, base)
  return opsOf(plan, 'run')[0]?.mounts ?? []
}

const errorOf = (flags: string) => planError(`FROM base\nRUN ${flags} x\n`, {}, base)

describe('bind', () => {
  it('is the default: the build context, read-only', async () => {
    expect(await mountsOf('--mount=target=/ctx')).toEqual([
      { kind: 'bind', target: '/ctx', from: context, source: '/', writable: false },
    ])
  })

  it('rw is for writes that are thrown away', async () => {
    expect(await mountsOf('--mount=target=/ctx,source=a/../b,rw')).toMatchObject([{ source: '/b', writable: true }])
  })

  it('from is a stage in any case, and the other values are expanded', async () => {
    const [mount] = await mountsOf('--mount=type=bind,from=OTHER,source=$D,target=$D/x')
    expect(mount).toMatchObject({ from: opId({ kind: 'scratch' }), source: '/data', target: '/data/x' })
  })

  it('a relative target is below the WORKDIR', async () => {
    expect(await mountsOf('--mount=target=rel', 'WORKDIR /w')).toMatchObject([{ target: '/w/rel' }])
  })

  it('the root cannot be a target, also when it comes of a missing one', async () => {
    expect(await errorOf('--mount=target=/')).toMatchObject({ code: 'TSB_MOUNT', message: 'invalid mount target "/"' })
    expect(await errorOf('--mount=type=secret,id=s,target=/..')).toMatchObject({ code: 'TSB_MOUNT' })
    expect(await errorOf('--mount=type=tmpfs')).toMatchObject({ hint: 'say where: target=/some/path' })
  })
})

describe('cache', () => {
  it('has its target as id, is shared, and new directories are 0755 of root', async () => {
    expect(await mountsOf('--mount=type=cache,target=/c/')).toEqual([
      { kind: 'cache', target: '/c', id: '/c/', sharing: 'shared', mode: 0o755, uid: 0, gid: 0, readOnly: false },
    ])
  })

  it('owner and mode count only without a source', async () => {
    const flags = 'type=cache,id=i,sharing=LOCKED,target=/c,mode=0700,uid=1,gid=2'
    expect(await mountsOf(`--mount=${flags}`)).toMatchObject([
      { id: 'i', sharing: 'locked', mode: 0o700, uid: 1, gid: 2 },
    ])
    expect(await mountsOf(`--mount=${flags},from=other,source=/s`)).toMatchObject([
      { from: opId({ kind: 'scratch' }), source: '/s', mode: 0o755, uid: 0, gid: 0 },
    ])
  })

  it('F13 BUILDKIT_CACHE_MOUNT_NS sets caches apart, and no Dockerfile can say it', async () => {
    const buildArgs = new Map([['BUILDKIT_CACHE_MOUNT_NS', 'ci']])
    expect(await mountsOf('--mount=type=cache,id=i,target=/c', '', { buildArgs })).toMatchObject([
      { id: 'i', namespace: 'ci' },
    ])
    const arg = 'ARG BUILDKIT_CACHE_MOUNT_NS=ci'
    expect((await mountsOf('--mount=type=cache,id=i,target=/c', arg))[0]).not.toHaveProperty('namespace')
  })
})

describe('secret', () => {
  it('is a file below /run/secrets by its id, 0400 of root, and may be missing', async () => {
    const fresh = { required: false, mode: 0o400, uid: 0, gid: 0 }
    expect(await mountsOf('--mount=type=secret,id=a/token')).toEqual([
      { kind: 'secret', id: 'a/token', target: '/run/secrets/token', ...fresh },
    ])
    expect(await mountsOf('--mount=type=secret,target=/etc/tok')).toMatchObject([{ id: 'tok', target: '/etc/tok' }])
    expect(await mountsOf('--mount=type=secret,source=s,required,mode=0440,uid=5')).toMatchObject([
      { id: 's', required: true, mode: 0o440, uid: 5 },
    ])
  })

  it('as a variable is no file, unless a target is given', async () => {
    const [variable] = await mountsOf('--mount=type=secret,id=s,env=TOKEN')
    expect(variable).toMatchObject({ env: 'TOKEN' })
    expect(variable && 'target' in variable).toBe(false)
    expect(await mountsOf('--mount=type=secret,id=s,env=TOKEN,target=/t')).toMatchObject([
      { env: 'TOKEN', target: '/t' },
    ])
  })
})

describe('ssh and tmpfs', () => {
  it('agents are numbered by their place', async () => {
    expect(
      await mountsOf('--mount=type=ssh --mount=type=tmpfs,target=/t,size=1.5k --mount=type=ssh,id=b,required'),
    ).toMatchObject([
      { kind: 'ssh', id: 'default', target: '/run/buildkit/ssh_agent.0', mode: 0o600, required: false },
      { kind: 'tmpfs', target: '/t', size: 1536 },
      { kind: 'ssh', id: 'b', target: '/run/buildkit/ssh_agent.1', required: true },
    ])
  })
})

describe('what is wrong in a mount', () => {
  it('points at the flag and names the nearest key', async () => {
    const error = await errorOf('--network=none --mount=type=cache,tarjet=/x')
    expect(error).toMatchObject({
      code: 'TSB_MOUNT',
      message: "unexpected key 'tarjet' in 'tarjet=/x'",
      hint: 'did you mean "target"?',
    })
    expect(error.at?.start.line).toBe(1)
  })

  it('an unknown type names the nearest one', async () => {
    expect(await errorOf('--mount=type=cach,target=/x')).toMatchObject({
      message: 'unsupported mount type "cach"',
      hint: 'did you mean "cache"?',
    })
  })
})
