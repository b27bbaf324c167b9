import { beforeAll, describe, expect, it } from 'vitest'
import { forms, isolating, noAttacks, oneOfEach, openTarget, type Target } from '../../support/attacks.ts'
import { tar } from '../../support/tar.ts'

describe.skipIf(noAttacks !== '')(`what every step has of its own (${noAttacks || 'on busybox'})`, () => {
  let target: Target
  beforeAll(async () => {
    target = await openTarget()
    target.write({
      'links.tar': tar(
        's dev/null->/proc/sys',
        's dev/console->/proc/sys/kernel/core_pattern',
        's dev/ptmx->/proc/sysrq-trigger',
        's dev/pts->/proc/sys',
        's dev/shm->/proc/sys',
      ),
      'proc.tar': tar(
        'f proc/status=fake',
        's proc/self->/tmp',
        's proc/sys->/etc',
        's proc/kcore->/etc/passwd',
        'f proc/self/attr/exec=fake',
      ),
    })
    return () => target[Symbol.asyncDispose]()
  })

  it.each(isolating)(
    'D03 D04: links in place of devices mask and mount nothing else: $runtime, $snapshotter',
    async (form) => {
      const look = [
        'stat -c "%F %t:%T" /dev/null',
        'ls -l /dev/console 2>/dev/null | cut -c1',
        'stat -c %F /dev/pts /dev/shm',
        'readlink /dev/ptmx',
        'for f in /proc/kcore /proc/keys /proc/timer_list; do head -c 1 $f 2>/dev/null | wc -c; done',
        '(echo x >/proc/sys/kernel/core_pattern) 2>/dev/null || echo refused',
      ]
      const { log, code } = await target.build(`FROM base\nADD links.tar /\nRUN : $U; ${look.join('; ')}\n`, form)
      const lines = ['character special file 1:3', 'directory', 'directory', 'pts/ptmx', '0', '0', '0', 'refused']
      expect({
        code,
        lines: log
          .trim()
          .split('\n')
          .filter((line) => line !== 'c'),
      }).toEqual({ code: undefined, lines })
    },
  )

  it.each(isolating)(
    'D05: a /proc of the image is covered by that of the kernel: $runtime, $snapshotter',
    async (form) => {
      const look = 'stat -f -c %T /proc; test -e /proc/status || echo covered; readlink /proc/self/ns/pid | cut -c1-4'
      const { log, code } = await target.build(`FROM base\nADD proc.tar /\nRUN : $U; ${look}\n`, form)
      expect({ code, log }).toEqual({ code: undefined, log: 'proc\ncovered\npid:\n' })
    },
  )

  it.each(forms)('D06: /proc, /sys and /dev that are links are refused: $runtime, $snapshotter', async (form) => {
    for (const name of ['proc', 'sys', 'dev']) {
      target.write({ 'root.tar': tar(`s ${name}->tmp/p`, 'd tmp/') })
      const { code } = await target.build('FROM scratch\nADD root.tar /\nRUN ["/bin/true", "$U"]\n', form)
      expect([name, code]).toEqual([name, 'TSB_SANDBOX_TARGET'])
    }
  })

  const places = [
    '/dev',
    '/dev/null',
    '/dev/console',
    '/dev/fd',
    '/dev/fd/8',
    '/dev/stdout/x',
    '/dev/ptmx',
    '/proc/sys',
  ]
  it.each(oneOfEach)('D04 D05: no mount goes on a device, or to /proc: $runtime, $snapshotter', async (form) => {
    for (const place of places) {
      const { code } = await target.build(`FROM base\nRUN --mount=type=cache,target=${place} : $U\n`, form)
      expect([place, code]).toEqual([place, 'TSB_SANDBOX_TARGET'])
    }
  })

  const workdirs = ['/proc/self/fd/8', '/dev/fd/8', '/x/../dev/./stdin', '/link']
  it.each(oneOfEach)('D01: no working directory is one of the host: $runtime, $snapshotter', async (form) => {
    for (const workdir of workdirs) {
      const lines = `RUN ln -s /proc/self/fd/9/.. /link\nWORKDIR ${workdir}\nRUN : $U; cat ../../../../$T/canary\n`
      const { code, log } = await target.build(`FROM base\n${lines}`, form)
      expect({ workdir, code, log }).toEqual({ workdir, code: 'TSB_SANDBOX_CWD', log: '' })
    }
  })

  it.each(oneOfEach)('D01: a link in a mount leads to no working directory: $runtime, $snapshotter', async (form) => {
    const mount = 'RUN --mount=type=cache,target=/c,id=d01'
    const make = `${mount} cd /c; mkdir -p in/deep; ln -sfn /proc/self/fd/9 out; ln -sfn ../../proc/self/fd/9 up; ln -sfn in near`
    for (const [workdir, expected] of [
      ['/c/out', 'TSB_SANDBOX_CWD'],
      ['/c/near/../up', 'TSB_SANDBOX_CWD'],
      ['/c/near/deep', undefined],
    ]) {
      const { code } = await target.build(`FROM base\n${make}\nWORKDIR ${workdir}\n${mount} : $U\n`, form)
      expect([workdir, code]).toEqual([workdir, expected])
    }
  })
})
