import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { canary, forms, isolating, noAttacks, oneOfEach, openTarget, type Target } from '../../support/attacks.ts'
import { namesInLastLayer } from '../../support/layer-files.ts'

describe.skipIf(noAttacks !== '')(`mounts of a step (${noAttacks || 'on busybox'})`, () => {
  let target: Target
  beforeAll(async () => {
    target = await openTarget()
    return () => target[Symbol.asyncDispose]()
  })
  const cache = (id: string, place: string) => `--mount=type=cache,id=${id},target=${place}`

  it.each(oneOfEach)(
    'D07 D08: a mount in a cache follows no link of the cache: $runtime, $snapshotter',
    async (form) => {
      const plant = `RUN ${cache('d07', '/c')} ln -sfn $T /c/out; ln -sfn /proc /c/proc`
      for (const place of ['/c/out/sub', '/c/out/new', '/c/out', '/c/proc/sys']) {
        const text = `FROM base\n${plant}\nRUN ${cache('d07', '/c')} ${cache('d08', place)} : $U; cat ${place}/canary\n`
        const { code, log } = await target.build(text, form)
        expect({ place, code, log }).toEqual({ place, code: 'TSB_SANDBOX_TARGET', log: '' })
      }
      expect(target.isIntact()).toBe(true)
    },
  )

  it.each(forms)('D10: clean-up follows no link that the step left: $runtime, $snapshotter', async (form) => {
    const mounts = `${cache('d10', '/opt/sub')} --mount=type=tmpfs,target=/opt/new --mount=type=tmpfs,target=/opt/sub2`
    const line = `umount /opt/* 2>/dev/null; (mv /opt /moved || rm -rf /opt) 2>/dev/null; ln -sfn $T /opt 2>/dev/null; true`
    await target.build(`FROM base\nRUN ${mounts} : $U; ${line}\n`, form)
    expect(target.isIntact()).toBe(true)
  })

  it('D10: what a step leaves in a cache is written through no link of it: chroot, copy', async () => {
    const form = { runtime: 'chroot', snapshotter: 'copy' } as const
    const plant = `RUN ${cache('back', '/c')} ln -s $T/canary /c/file; ln -s $T/sub /c/folder`
    for (const line of ['rm file; echo x >file', 'rm folder; mkdir folder; echo x >folder/canary']) {
      await target.build(`FROM base\n${plant}\nRUN ${cache('back', '/c')} : $U; cd /c; ${line}\n`, form)
      expect([line, target.isIntact()]).toEqual([line, true])
    }
  })

  it.each(forms)('what a step removes from a cache is gone for the next one: $runtime, $snapshotter', async (form) => {
    const id = `gone-${form.runtime}-${form.snapshotter}`
    const lines = [
      'mkdir -p x/y z; touch gone kept x/y/1 z/2; ln -s $T link',
      'rm gone; rm -r x; echo a file >x; rm link; mkdir link; rm -r z; mkdir z',
      'find . | sort; cat x',
    ]
    const text = `FROM base\n${lines.map((line) => `RUN ${cache(id, '/c')} : $U; cd /c && ${line}`).join('\n')}\n`
    const { code, log } = await target.build(text, form)
    expect({ code, log }).toEqual({
      code: undefined,
      log: '.\n./kept\n./link\n./x\n./z\na file\n',
    })
    expect(target.isIntact()).toBe(true)
  })

  it.each(isolating)('D11: the source of a bind mount is found in its stage: $runtime, $snapshotter', async (form) => {
    const stage = 'FROM base AS s\nRUN ln -s / /l; ln -s /../../.. /m; ln -s $T /t; echo in-stage >/marker'
    const binds = ['l', 'm'].map((name) => `--mount=type=bind,from=s,source=/${name},target=/${name}`)
    const { code, log } = await target.build(
      `${stage}\nFROM base\nRUN ${binds.join(' ')} : $U; cat /[lm]/marker\n`,
      form,
    )
    expect({ code, log }).toEqual({ code: undefined, log: 'in-stage\nin-stage\n' })
    const missing = await target.build(
      `${stage}\nFROM base\nRUN --mount=from=s,source=/t,target=/t : $U; ls /t\n`,
      form,
    )
    expect(missing).toEqual({ code: 'TSB_MOUNT_SOURCE_MISSING', log: '' })
  })

  it.each(oneOfEach)(
    'D09 D14: ids and sources that climb stay below the cache: $runtime, $snapshotter',
    async (form) => {
      const up = '../../../../../../../../../../../..'
      const mounts = `${cache(`${up}$T`, '/a')} --mount=type=cache,id=d09,from=base,source=${up}$T,target=/b`
      expect((await target.build(`FROM base\nRUN ${mounts} : $U\n`, form)).code).toBe('TSB_MOUNT_SOURCE_MISSING')
      const text = `FROM base\nRUN ${cache(`${up}$T`, '/a')} : $U; ls /a; touch /a/kept\n`
      await target.build(text, form)
      const { log } = await target.build(text, form)
      expect(log).toBe('kept\n')
      expect(target.isIntact()).toBe(true)
    },
  )

  it.each(forms)('D28: no secret and no stub of one is in the layer: $runtime, $snapshotter', async (form) => {
    target.write({ '../secret': canary })
    const secrets = { s: { file: 'secret' } }
    const mounts =
      '--mount=type=secret,id=s --mount=type=secret,id=s,target=/etc/x --mount=type=secret,id=s,target=/new/x'
    const dest = join(target.directory, `image-${form.runtime}-${form.snapshotter}`)
    const line = 'cat /run/secrets/s /etc/x /new/x | wc -c; touch /proof'
    const outputs = [{ type: 'oci', dest, tar: false }] as const
    const { log } = await target.build(`FROM base\nRUN ${mounts} : $U; ${line}\n`, form, { secrets, outputs })
    expect(log).toBe(`${canary.length * 3}\n`)
    expect(namesInLastLayer(dest)).toEqual(['proof'])
  })
})
