import { copyFileSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { arch } from 'node:process'
import { beforeAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../../src/digest/index.ts'
import { forms, isolating, noAttacks, openTarget, type Target } from '../../support/attacks.ts'
import { runProgram } from '../../support/programs.ts'
import { tar } from '../../support/tar.ts'

/**
 * A program that opens `/proc/self/exe` as handle 9 and goes on as `/bin/sh /attack`: 108 bytes of machine code for x86-64
 * behind the headers of a shared object, so that it can stand in place of the dynamic loader.
 */
function openerOfItself(): Buffer {
  const code = Buffer.from(
    '488d3d46000000be0000200031d2b8020000000f0589c7be09000000b8210000000f056a00488d05380000005048' +
      '8d3d28000000574889e631d2b83b0000000f05b83c000000bf4d0000000f052f70726f632f73656c662f65786500' +
      '2f62696e2f7368002f61747461636b00',
    'hex',
  )
  const head = Buffer.alloc(120)
  head.write('\x7fELF\x02\x01\x01', 'latin1')
  head.writeUInt16LE(3, 16) // a shared object
  head.writeUInt16LE(62, 18) // for x86-64
  head.writeUInt32LE(1, 20)
  head.writeBigUInt64LE(120n, 24) // where it begins
  head.writeBigUInt64LE(64n, 32) // its one program header
  head.writeUInt16LE(64, 52)
  head.writeUInt16LE(56, 54)
  head.writeUInt16LE(1, 56)
  head.writeUInt32LE(1, 64) // loaded whole,
  head.writeUInt32LE(5, 68) // to be read and run
  const size = BigInt(head.length + code.length)
  head.writeBigUInt64LE(size, 96)
  head.writeBigUInt64LE(size, 104)
  head.writeBigUInt64LE(4096n, 112)
  return Buffer.concat([head, code])
}

describe.skipIf(noAttacks !== '')(`steps against programs of this machine (${noAttacks || 'on busybox'})`, () => {
  let target: Target
  beforeAll(async () => {
    target = await openTarget()
    return () => target[Symbol.asyncDispose]()
  })

  /** A folder with a copy of a program, and a PATH in which it comes first. */
  function copyOf(name: string) {
    const folder = join(target.directory, `tools-${name}`)
    mkdirSync(folder, { recursive: true })
    const file = join(folder, name)
    copyFileSync(runProgram('which', name).trim(), file)
    return { file, path: `${folder}:${process.env['PATH'] ?? ''}` }
  }

  describe.skipIf(arch !== 'x64')('D02: a step overwrites the program that began it, by /proc/self/exe', () => {
    it.each(isolating)('$runtime, $snapshotter', async (form) => {
      const lines = ['echo reached', 'chmod 4777 /proc/self/fd/9', 'echo overwritten >/proc/self/fd/9', 'true']
      const attack = `#!/bin/sh\n${lines.map((line) => `(${line})\n`).join('')}`
      target.write({
        'evil.tar': tar(
          { name: 'lib64/ld-linux-x86-64.so.2', body: openerOfItself(), mode: 0o755 },
          { name: 'attack', body: attack, mode: 0o755 },
          { name: 'entry', body: '#!/proc/self/exe\n', mode: 0o755 },
        ),
      })
      const { file, path } = copyOf(form.runtime === 'native' ? 'unshare' : form.runtime)
      const look = () => ({ digest: sha256(readFileSync(file)), mode: statSync(file).mode })
      const before = look()
      const { log } = await target.build('FROM base\nADD evil.tar /\nRUN ["/entry", "$U"]\n', form, {}, path)
      expect(log).toMatch(/^reached$/m)
      expect(look()).toEqual(before)
    })
  })

  describe('D16: nothing of the image is loaded to look up a user', () => {
    // Whoever opens a fifo that nobody writes to waits for ever.
    const folders = ['lib', 'lib64', 'usr/lib', 'lib/x86_64-linux-gnu', 'lib/aarch64-linux-gnu']
    const evil = folders.flatMap((folder) => [`d ${folder}/`, `p ${folder}/libnss_evil.so.2`])
    const passwd = 'root:x:0:0::/:/bin/sh\napp:x:1234:1234::/:/bin/sh\n'
    const group = 'root:x:0:\napp:x:1234:\nmore:x:77:app\n'

    it.each(forms)('$runtime, $snapshotter', async (form) => {
      const files = [
        `f etc/passwd=${passwd}`,
        `f etc/group=${group}`,
        'f etc/nsswitch.conf=passwd: evil\ngroup: evil\n',
      ]
      target.write({ 'evil.tar': tar(...files, ...evil), file: '' })
      const lines = ['COPY --chown=app file /file', 'USER app', 'RUN : $U; id -u; id -G; stat -c %u:%g /file']
      const { log, code } = await target.build(`FROM base\nADD evil.tar /\n${lines.join('\n')}\n`, form)
      expect({ log, code }).toEqual({ log: '1234\n1234 77\n1234:1234\n', code: undefined })
    })
  })

  it.each(forms)('D30 D22: programs of the image are no helpers of tsbuild: $runtime, $snapshotter', async (form) => {
    const names = 'chroot cp env ip mknod mount newuidmap node nsenter prlimit runc crun setpriv slirp4netns unshare xz'
    const script = '#!/bin/sh\necho "$0" >>/ran\n'
    const programs = names.split(' ').map((name) => ({ name: `evil/${name}`, body: script, mode: 0o755 }))
    target.write({ 'programs.tar': tar(...programs), 'usr/file': '' })
    const env = 'ENV PATH=/evil NODE_OPTIONS=--require=/evil/x LD_PRELOAD=/evil/x.so BASH_ENV=/evil/env ENV=/evil/env'
    const lines = [
      'ADD programs.tar /',
      'ADD programs.tar /usr/bin/',
      env,
      'RUN ["/bin/sh", "-c", ": $U"]',
      'COPY usr /',
    ]
    const look = 'RUN ["/bin/sh", "-c", "[ ! -e /ran ] && echo $U $PATH $NODE_OPTIONS $LD_PRELOAD"]'
    const { log, code } = await target.build(`FROM base\n${lines.join('\n')}\n${look}\n`, form)
    expect({ log, code }).toEqual({
      log: expect.stringMatching(/^build-\d+ \/evil --require=\/evil\/x \/evil\/x.so\n$/),
      code: undefined,
    })
  })
})
