import { describe, expect, it } from 'vitest'
import type { RunOp } from '../../../src/graph/index.ts'
import type { PlanRequest } from '../../../src/planner/index.ts'
import { imageConfig, opsOf, planError, planText, rowsOf } from '../../support/planning.ts'

const base = { base: imageConfig({ Env: ['PATH=/bin'] }) }

async function runOf(lines: string, changes: Partial<PlanRequest> = {}): Promise<RunOp> {
  const run = opsOf(await planText(`FROM base\n${lines}\n`, changes, base), 'run').at(-1)
  if (!run) throw new Error('no RUN was planned')
  return run
}

const errorOf = (lines: string) => planError(`FROM base\n${lines}\n`, {}, base)

describe('the command of a RUN', () => {
  it('is a text for the SHELL in force, or an argv as it is', async () => {
    expect((await runOf('RUN a  "b" \\\n  c')).argv).toEqual(['/bin/sh', '-c', 'a  "b"   c'])
    expect((await runOf('SHELL ["/bin/bash", "-ec"]\nRUN a')).argv).toEqual(['/bin/bash', '-ec', 'a'])
    expect((await runOf('RUN ["a", "$b"]')).argv).toEqual(['a', '$b'])
    expect((await runOf('RUN ["<<E"]')).argv).toEqual(['<<E'])
  })

  it('is the body, when that is all there is; the shell runs it', async () => {
    const run = await runOf('RUN <<E\necho $a\nE')
    expect(run.argv).toEqual(['/bin/sh', '-c', 'echo $a\n'])
    expect(run.scripts).toEqual([])
    expect((await runOf('RUN <<-"E"\n\techo\n\tE')).argv[2]).toBe('echo\n')
    expect((await runOf('RUN 3<<E\nx\nE')).argv[2]).toBe('x\n')
  })

  it('is a file that is executed, when the body begins with #!', async () => {
    const run = await runOf('RUN <<-E\n\t#!/bin/awk -f\n\tBEGIN {}\n\tE')
    expect(run.argv).toEqual(['/bin/sh', '-c', '/dev/pipes/E'])
    expect(run.scripts).toEqual([{ path: '/dev/pipes/E', text: '#!/bin/awk -f\nBEGIN {}\n' }])
  })

  it('beside other words, or with more than one, bodies are left to the shell as they are written', async () => {
    expect((await runOf('RUN <<-E cat\n\ta\n\tE')).argv[2]).toBe('<<-E cat\n\ta\nE')
    expect((await runOf('RUN cat <<A && cat <<B\na\nA\nb\nB')).argv[2]).toBe('cat <<A && cat <<B\na\nA\nb\nB')
    expect((await runOf('RUN <<A <<B\na\nA\n#!b\nB')).scripts).toEqual([])
  })

  it('a script cannot lie outside the folder of scripts', async () => {
    expect(await errorOf('RUN <<"../../etc/x"\n#!/bin/sh\n../../etc/x')).toMatchObject({ code: 'TSB_HEREDOC_NAME' })
  })
})

describe('where and as whom a RUN runs', () => {
  it('is the WORKDIR and the USER in force', async () => {
    expect(await runOf('RUN x')).toMatchObject({ cwd: '/', user: '' })
    expect(await runOf('WORKDIR /a/../b//c/\nUSER app:staff\nRUN x')).toMatchObject({ cwd: '/b/c', user: 'app:staff' })
  })

  it('takes limits and hosts from the request', async () => {
    const ulimits = [{ name: 'nofile', soft: 1, hard: 2 }]
    expect((await runOf('RUN x')).limits).toEqual({})
    expect((await runOf('RUN x', { shmSize: 5, ulimits, hostNames: ['h'] })).limits).toEqual({
      shmSize: 5,
      ulimits,
      hostNames: ['h'],
    })
  })
})

describe('what a RUN may', () => {
  it('--network: the flag, else the request', async () => {
    expect((await runOf('RUN --network=none x')).network).toBe('none')
    expect((await runOf('RUN --network=default x', { network: 'none' })).network).toBe('none')
    expect((await runOf('RUN x', { network: 'host' })).network).toBe('host')
  })

  it('the host network and insecure mode need a grant, and the hint is how to give it', async () => {
    expect(await errorOf('RUN --network=host x')).toMatchObject({
      code: 'TSB_ENTITLEMENT',
      message: 'network.host is not allowed',
      hint: 'grant it with --allow network.host',
    })
    expect(await errorOf('RUN --security=insecure x')).toMatchObject({ message: 'security.insecure is not allowed' })
    const allow = new Set(['network.host', 'security.insecure'])
    const run = await runOf('RUN --network=host --security=insecure x', { allow })
    expect(run).toMatchObject({ network: 'host', security: 'insecure' })
  })

  it('a grant for one is no grant for the other', async () => {
    const request = { allow: new Set(['network.host']) }
    const error = await planError('FROM base\nRUN --security=insecure x\n', request, base)
    expect(error.code).toBe('TSB_ENTITLEMENT')
  })

  it('--device is refused plainly', async () => {
    expect(await errorOf('RUN --device=vendor.com/gpu=0 x')).toMatchObject({ code: 'TSB_UNSUPPORTED_DEVICE' })
  })
})

describe('the row of a RUN', () => {
  it('is the command without its flags', async () => {
    const plan = await planText('FROM base\nRUN --mount=type=tmpfs,target=/t --network=none ["a", "b c"]\n', {}, base)
    expect(rowsOf(plan)).toEqual(['RUN a b c # buildkit'])
  })
})

describe('all that RUNs see of variables is bounded', () => {
  it('by 64 MiB: a file of many ARGs and many RUNs is refused', async () => {
    const args = Array.from({ length: 2000 }, (_, i) => `ARG A${i}`).join('\n')
    expect((await errorOf(`${args}\n${'RUN a\n'.repeat(2000)}`)).code).toBe('TSB_PLAN_TOO_LARGE')
  })
})
