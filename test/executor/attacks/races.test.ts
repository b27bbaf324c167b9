import { beforeAll, describe, expect, it } from 'vitest'
import { canary, isolating, noAttacks, openTarget, type Target } from '../../support/attacks.ts'

/** Steps that change what another one is being mounted on, as quickly as they can. */
describe.skipIf(noAttacks !== '')(`steps that run at the same time (${noAttacks || 'on busybox'})`, () => {
  let target: Target
  beforeAll(async () => {
    target = await openTarget()
    return () => target[Symbol.asyncDispose]()
  })

  /** A shell line that lets a folder and a link change places until the file `stop` is there. */
  const swap = (folder: string, link: string) =>
    `while [ ! -e stop ]; do mv -T ${folder} x; mv -T ${link} ${folder}; mv -T ${folder} ${link}; mv -T x ${folder}; done`

  it.each(isolating)('D07 D08: a mount goes to no folder of the host: $runtime, $snapshotter', async (form) => {
    const id = `race-${form.runtime}-${form.snapshotter}`
    const shared = `--network=none --mount=type=cache,id=${id},target=/c`
    const line = `cd /c; rm -f stop; mkdir -p a/sub; ln -sfn $T l; touch ready; ${swap('a', 'l')} 2>/dev/null; true`
    const swapping = target.build(`FROM base\nRUN ${shared} : $U; ${line}\n`, form)
    const attempts: string[] = []
    const outcomes = new Set<string | undefined>()
    await target.build(`FROM base\nRUN ${shared} : $U; until [ -e /c/ready ]; do sleep 0.1; done\n`, form)
    for (const place of ['/c/a/sub', '/c/a/new', '/c/a/sub', '/c/a/new']) {
      const inner = `--mount=type=cache,id=${id}-inner,target=${place}`
      const text = `FROM base\nRUN ${shared} ${inner} : $U; ls ${place}; cat ${place}/canary; touch ${place}/made\n`
      const { log, code } = await target.build(text, form)
      attempts.push(log)
      outcomes.add(code)
    }
    await target.build(`FROM base\nRUN ${shared} : $U; touch /c/stop\n`, form)
    expect((await swapping).code).toBeUndefined()
    expect(attempts.join('')).not.toContain(canary)
    for (const code of outcomes)
      expect([undefined, 'TSB_SANDBOX_TARGET', 'TSB_SANDBOX_FAILED', 'TSB_STEP_FAILED']).toContain(code)
    expect(target.isIntact()).toBe(true)
  })

  it.each(isolating)('D09 D12: what is mounted of a stage stays as it was: $runtime, $snapshotter', async (form) => {
    const stage = 'FROM base AS s\nRUN mkdir -p /d/sub; echo in-stage >/d/sub/canary; : $U'
    const line = `cd /; ln -s $T l; for i in $(seq 40); do mv -T d x; mv -T l d; mv -T d l; mv -T x d; done; rm -r /d`
    const mounts =
      '--mount=type=bind,from=s,source=/d,target=/m --mount=type=cache,id=$U,from=s,source=/d/sub,target=/n'
    const read = 'for i in $(seq 40); do cat /m/sub/canary /n/canary; done | sort | uniq -c'
    const stages = `${stage}\nFROM s AS swaps\nRUN : $U; ${line}; touch /done\nFROM base AS reads\nRUN ${mounts} : $U; ${read}; touch /done`
    const end = 'FROM scratch\nCOPY --from=swaps /done /a\nCOPY --from=reads /done /b\n'
    const { log, code } = await target.build(`${stages}\n${end}`, form, { jobs: 2 })
    expect({ log: log.trim(), code }).toEqual({ log: '80 in-stage', code: undefined })
    expect(target.isIntact()).toBe(true)
  })
})
