import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { execPath } from 'node:process'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { hasBusyboxBase, noBusyboxBase } from '../../support/busybox-base.ts'
import { hasContainers, noContainers, runInContainer } from '../../support/container.ts'
import { inContainer, onMachine, startCli } from '../../support/rungs.ts'
import { withoutRun, withRun } from './dockerfiles.ts'

const canRun = hasContainers && hasBusyboxBase
const reason = canRun ? 'started by runc' : hasContainers ? noBusyboxBase : noContainers
const secret = ['--secret', 'id=s,src=context/Dockerfile']

describe.skipIf(!canRun)(`in an unprivileged container (${reason})`, { timeout: 180_000 }, () => {
  const machine = onMachine()
  afterAll(machine.remove)
  const onRung1 = (files: typeof withRun, ...argv: readonly string[]) => {
    machine.write(files)
    return machine.build(...argv)
  }

  test('nothing may be mounted, and no namespace made or entered', async () => {
    const line = `grep CapEff /proc/self/status
      for way in "mount -t tmpfs t /tmp" "umount /tmp" "unshare -m true" "unshare -U true" "nsenter -t 1 -m true"; do
        $way 2>/dev/null && echo "$way"
      done; true`
    const container = { uid: 0, writable: [] }
    const { stdout, status } = await runInContainer(container, 'sh', '-c', line)
    expect({ stdout, status }).toEqual({ stdout: 'CapEff:\t00000000a80425fb\n', status: 0 })
  })

  describe('rung 3: root', () => {
    let root: ReturnType<typeof inContainer>
    beforeAll(() => {
      root = inContainer(0)
      return root.remove
    })

    test('a build without RUN gives the image of rung 1, every output, and what is made of images', async () => {
      root.write(withoutRun)
      const all = ['oci', 'docker', 'tar'].flatMap((type) => ['--output', `type=${type},dest=${type}.tar`])
      const built = await root.build(...all, '--output', 'type=local,dest=files')
      expect(built).toEqual(await onRung1(withoutRun))
      expect(
        ['oci.tar', 'docker.tar', 'tar.tar'].filter((name) => existsSync(path.join(root.folder, name))),
      ).toHaveLength(3)
      expect(readFileSync(path.join(root.folder, 'files/copied/file'), 'utf8')).toBe(withoutRun.file)
      expect(await root.run('save', '-o', 'saved.tar', 'app')).toMatchObject({ status: 0 })
      expect(await root.run('load', '--root', 'other', '-i', 'saved.tar')).toMatchObject({ status: 0 })
      const rows = ['history', '--format', '{{.CreatedBy}} {{.Size}}', 'app']
      const [here, there] = [await root.run(...rows), await root.run(...rows, '--root', 'other')]
      expect(here.stdout).toContain('COPY file /linked')
      expect(there.stdout).toBe(here.stdout)
      const check = await root.run('--call=check', 'context')
      expect(check).toMatchObject({ status: 0 })
      expect(check.stdout).toContain('Check complete')
    })

    test('a build with RUN gives the image of rung 1, and says that steps are not isolated', async () => {
      root.write(withRun)
      expect(await root.build('--progress', 'plain', ...secret)).toEqual(await onRung1(withRun, ...secret))
      expect(root.said().match(/RUN STEPS ARE NOT ISOLATED: root has no CAP_SYS_ADMIN/g)).toHaveLength(1)
    })

    test('D18: a RUN that is to have no network fails', async () => {
      root.write({ Dockerfile: 'FROM scratch\nADD base.tar /\nRUN --network=none true\n' })
      const { status, stderr } = await root.run('build', 'context')
      expect(status).toBe(1)
      expect(stderr).toContain('cannot take the network away')
    })

    test('D24 processes that a step leaves behind are gone, those of other users too', async () => {
      const leave = 'setsid sleep 7531 >/dev/null 2>&1 & echo left'
      const look = 'for it in /proc/[0-9]*/cmdline; do tr "\\0" " " <"$it"; echo; done | grep -c "sleep 753[1]"'
      root.write({
        Dockerfile: `FROM scratch\nADD base.tar /\nENV PATH=/bin\nRUN ${leave}\nUSER 1000\nRUN ${leave} as user\n`,
      })
      const line = `${execPath} ${startCli} build context >&2 && { ${look}; true; }`
      expect(await root.sh(line)).toMatchObject({ status: 0, stdout: '0\n' })
    })

    test('D30 the tree of the build is not the root of tsbuild: its programs stay, those of the image do not run', async () => {
      const tools = path.join(root.folder, 'tools')
      mkdirSync(tools)
      const helper = '#!/bin/sh\necho own >>/tmp/helper-ran\n'
      writeFileSync(path.join(tools, 'docker-credential-x'), helper, { mode: 0o755 })
      const own = inContainer(0, { placed: { '/usr/local/bin': tools } })
      onTestFinished(own.remove)
      own.write({
        Dockerfile: `FROM scratch AS evil
ADD base.tar /
COPY --chmod=755 evil /usr/bin/node
COPY --chmod=755 evil /usr/bin/setpriv
COPY --chmod=755 evil /usr/local/bin/docker-credential-x
FROM scratch
ADD base.tar /
ENV PATH=/usr/local/bin:/usr/bin:/bin
COPY --from=evil / /
RUN echo changed > /usr/local/bin/docker-credential-x; rm -rf /usr/bin/node /etc/passwd
`,
        evil: '#!/bin/sh\necho evil\nexit 1\n',
      })
      await own.build()
      expect(readFileSync(path.join(tools, 'docker-credential-x'), 'utf8')).toBe(helper)
    })
  })

  describe('rung 4: not root', () => {
    test('a build without RUN gives the image of rung 1', async () => {
      const user = inContainer(1234)
      onTestFinished(user.remove)
      user.write(withoutRun)
      expect(await user.build('--output', 'type=oci,dest=oci.tar')).toEqual(await onRung1(withoutRun))
    })

    test('a RUN is one error at its line that says what to do, and no step before it is done for nothing', async () => {
      const user = inContainer(1234)
      onTestFinished(user.remove)
      user.write({ Dockerfile: 'FROM scratch\nADD base.tar /\nCOPY Dockerfile /new\nRUN true\n' })
      const { status, stderr } = await user.run('--progress', 'plain', 'context')
      expect(status).toBe(1)
      expect(stderr).toContain('Dockerfile:4')
      expect(stderr).toContain('RUN needs root or a user namespace: this process is user 1234')
      expect(stderr).toContain('hint: in a container, run it as root')
      expect(stderr).not.toContain('[2/3]')
    })
  })
})
