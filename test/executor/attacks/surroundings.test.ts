import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { execPath } from 'node:process'
import { beforeAll, describe, expect, it } from 'vitest'
import { canary, forms, isolating, noAttacks, oneOfEach, openTarget, type Target } from '../../support/attacks.ts'
import { startServer } from '../../support/http-server.ts'
import { hasProgram } from '../../support/programs.ts'
import { tar } from '../../support/tar.ts'

const startCli = resolve(import.meta.dirname, '../../support/programs/start-cli.cjs')

describe.skipIf(noAttacks !== '')(`what a step sees and may do (${noAttacks || 'on busybox'})`, () => {
  let target: Target
  beforeAll(async () => {
    target = await openTarget()
    return () => target[Symbol.asyncDispose]()
  })

  describe('D15: account files that are none are not opened', () => {
    const large = { name: 'etc/passwd', body: Buffer.alloc(10 * 1024 * 1024 + 1) }
    const [refused, unknown] = ['TSB_ACCOUNT_FILE', 'TSB_UNKNOWN_USER']
    it.each([
      ['a fifo', 'p etc/passwd', refused],
      ['a device', 'c etc/passwd 1:5', refused],
      ['more than 10 MiB', large, refused],
      ['a link out of the image', 's etc/passwd->/../../../../../../../../../../$T/canary', unknown],
    ])('%s', async (_, member, expected) => {
      const form = forms[0] ?? { runtime: 'native', snapshotter: 'copy' }
      const text = typeof member === 'string' ? member.replace('$T', target.outside) : member
      target.write({ 'accounts.tar': tar(text), file: '' })
      const { code } = await target.build(`FROM base\nADD accounts.tar /\nUSER app\nRUN : $U\n`, form)
      expect(code).toBe(expected)
      const copied = await target.build('FROM base\nADD accounts.tar /\nCOPY --chown=app file /f-$U\n', form)
      // A name that is not in the image is a warning there.
      expect(copied.code).toBe(expected === unknown ? undefined : expected)
    })
  })

  it.each(isolating)('D18: without a network nothing is reached: $runtime, $snapshotter', async (form) => {
    const asked: string[] = []
    await using server = await startServer((request, response) => {
      asked.push(request.url ?? '')
      response.end(canary)
    }, '0.0.0.0')
    const port = server.host.split(':')[1]
    const line = `wc -c </etc/resolv.conf; for h in 127.0.0.1 10.0.2.2 localhost; do wget -T 2 -qO- http://$h:${port}/; done`
    const { log } = await target.build(`FROM base\nRUN --network=none : $U; (${line}) 2>/dev/null; true\n`, form)
    expect({ log, asked }).toEqual({ log: '0\n', asked: [] })
  })

  it.each(oneOfEach)(
    'D19 D20 D21: groups, capabilities, environment are those of the image: $runtime',
    async (form) => {
      const mine = process.env
      process.env['TSBUILD_TEST_CANARY'] = canary
      try {
        const line = 'id -G; env | sort; [ ! -e /proc/self ] || sed -n "s/^Cap[IPEBA][a-z]*:.//p" /proc/self/status'
        const { log } = await target.build(
          `FROM base\nUSER 1000:1000\nRUN : $U; ${line}; cat /proc/*/environ 2>/dev/null; true\n`,
          form,
        )
        const zero = '0000000000000000'
        const capabilities = form.runtime === 'chroot' ? [] : [zero, zero, zero, '00000000a80425fb', zero]
        expect(log.split('\n')).toEqual(expect.arrayContaining(['1000', ...capabilities]))
        expect(log).not.toContain(canary)
      } finally {
        delete mine['TSBUILD_TEST_CANARY']
      }
    },
  )

  describe.skipIf(!hasProgram('script'))('D23: a step has no terminal, though tsbuild has one', () => {
    it.each(oneOfEach)('$runtime, $snapshotter', ({ runtime, snapshotter }) => {
      const look = '(echo typed >/dev/tty) 2>/dev/null && echo has one || echo has none; cat | wc -c'
      target.write({ Dockerfile: `FROM base\nRUN ${look}\n` })
      const flags = `--runtime ${runtime} --snapshotter ${snapshotter} --progress plain --no-cache`
      const command = `tty >&2; exec ${execPath} ${startCli} ${flags} context`
      const env = { ...process.env, HOME: target.directory, TSBUILD_ROOT: `${target.directory}/store` }
      const options = { encoding: 'utf8', cwd: target.directory, env, input: 'pushed\n' } as const
      const { stdout } = spawnSync('script', ['-qefc', command, '/dev/null'], options)
      expect(stdout).toMatch(/^\/dev\/pts\//m)
      expect(stdout).toMatch(/has none\r?\n.* 0\r?\n/)
    })
  })
})
