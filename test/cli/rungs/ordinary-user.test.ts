import { chmodSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { hasBusyboxBase } from '../../support/busybox-base.ts'
import { tsbuild, tsbuildOnTerminal } from '../../support/command-line.ts'
import { findOrdinaryUser, noOrdinaryUser } from '../../support/ordinary-user.ts'
import { asUser, type Builder, onMachine, startCli } from '../../support/rungs.ts'
import { withRun } from './dockerfiles.ts'

const user = hasBusyboxBase ? findOrdinaryUser(startCli) : undefined
const secret = ['--secret', 'id=s,src=context/Dockerfile']

describe.skipIf(!user)(
  `rung 2: a user who is not root (${user ? user.name : `${noOrdinaryUser}; and busybox`})`,
  { timeout: 180_000 },
  () => {
    const someone = user ?? { name: '', uid: 0, gid: 0 }

    function finished(builder: Builder): Builder {
      onTestFinished(builder.remove)
      return builder
    }

    /** Who has no `newuidmap`, and so a single id. */
    function asUserWithoutRange(): Builder {
      const tools = mkdtempSync(path.join(tmpdir(), 'tsbuild-path-'))
      onTestFinished(() => rmSync(tools, { recursive: true }))
      chmodSync(tools, 0o755)
      const without = ['newuidmap', 'newgidmap']
      for (const name of readdirSync('/usr/bin')) {
        if (!without.includes(name)) symlinkSync(path.join('/usr/bin', name), path.join(tools, name))
      }
      return finished(asUser(someone, tools))
    }

    test('a build with RUN gives the image of rung 1', async () => {
      const [machine, builder] = [finished(onMachine()), finished(asUser(someone))]
      for (const each of [machine, builder]) each.write(withRun)
      expect(await builder.build(...secret)).toEqual(await machine.build(...secret))
    })

    test('a command on a terminal has one of its own, with a size, and ends with its exit status', async () => {
      const { folder, write } = finished(asUser(someone))
      write({})
      const place = { directory: folder, environment: { root: path.join(folder, 'store') }, user: someone }
      expect(await tsbuild(place, 'import', 'context/base.tar', 'base')).toMatchObject({ status: 0 })
      const command = ['sh', '-c', 'test -t 0 && stty size < /dev/tty; exit 3']
      const { status, stdout } = await tsbuildOnTerminal(place, 'run', '-it', '--rm', 'base', ...command)
      expect({ status, stdout }).toEqual({ status: 3, stdout: expect.stringMatching(/31 91\r*\n/) })
    })

    describe('without a range of ids', () => {
      test('steps run as root, COPY gives files to anybody, and what does not work is said', async () => {
        const builder = asUserWithoutRange()
        builder.write({
          Dockerfile: 'FROM scratch\nADD base.tar /\nENV PATH=/bin\nRUN id -u > /id\nCOPY --chown=33:33 file /of-33\n',
          file: 'text\n',
        })
        const { history } = await builder.build()
        expect(history.at(-1)?.layer).toContain('file 0644 33:33 /of-33 "text\\n"')
        expect(history.at(-2)?.layer).toContain('file 0644 0:0 /id "0\\n"')
        expect((await builder.run('build', 'context')).stderr).toContain('note: no range of user ids for this user')
      })

      test('a step of another user is an error that says what is missing', async () => {
        const builder = asUserWithoutRange()
        builder.write({ Dockerfile: 'FROM scratch\nADD base.tar /\nUSER 33\nRUN ["/bin/true"]\n' })
        const { status, stderr } = await builder.run('build', 'context')
        expect(status).toBe(1)
        expect(stderr).toContain('Dockerfile:4  [TSB_SANDBOX_USER]')
        expect(stderr).toContain(
          'give yourself a range of ids in /etc/subuid and /etc/subgid: tsbuild doctor says what to type',
        )
      })
    })
  },
)
