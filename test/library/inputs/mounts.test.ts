import { getuid } from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { busyboxBase, hasBusyboxBase, noBusyboxBase } from '../../support/busybox-base.ts'
import { startServer } from '../../support/http-server.ts'
import { buildFrom } from '../../support/inputs.ts'
import { inPieces, tar } from '../../support/tar.ts'
import { openWorkspace, type Workspace } from '../../support/workspace.ts'

const isRoot = getuid?.() === 0
const reason = hasBusyboxBase ? (isRoot ? 'on busybox' : 'needs root') : noBusyboxBase

describe.skipIf(!hasBusyboxBase || !isRoot)(
  `RUN --mount=type=bind from a context that is no directory (${reason})`,
  () => {
    let workspace: Workspace
    beforeAll(async () => {
      workspace = await openWorkspace()
      await workspace.import(busyboxBase(), 'base')
    })
    afterAll(() => workspace[Symbol.asyncDispose]())

    const take = 'FROM scratch\nCOPY --from=0 /seen /\n'

    it('shows the files of an archive with the owners it has', async () => {
      const run = 'RUN --mount=type=bind,source=d,target=/m stat -c "%n %a %u:%g" /m/* >/seen; cat /m/f >>/seen\n'
      const archive = tar(
        { name: 'Dockerfile', body: `FROM base\n${run}${take}` },
        { name: 'd/f', body: 'text', mode: 0o640, uid: 12, gid: 34 },
        { name: 'd/l', type: '1', link: 'd/f', mode: 0o640, uid: 12, gid: 34 },
      )
      const { files } = await buildFrom(workspace, { context: { tar: inPieces(archive) } })
      expect(files).toEqual(['file 0644 0:0 /seen /m/f 640 12:34\n/m/l 640 12:34\ntext'])
    })

    it('shows the one file of a URL', async () => {
      await using server = await startServer((_, response) => void response.end('from afar'))
      const run = 'RUN --mount=from=src,target=/m cat /m/context >/seen\n'
      const contexts = { src: `http://${server.host}/f` }
      const { files } = await buildFrom(workspace, {
        context: { files: { Dockerfile: `FROM base\n${run}${take}` } },
        contexts,
      })
      expect(files).toEqual(['file 0644 0:0 /seen from afar'])
    })

    it('leaves out what .dockerignore takes away of a directory', async () => {
      workspace.write({ 'context/a': '', 'context/b': '', 'context/.dockerignore': 'b\n.*' })
      const run = 'RUN --mount=target=/m ls -A /m >/seen\n'
      const { files } = await buildFrom(workspace, { context: 'context', dockerfile: `FROM base\n${run}${take}` })
      expect(files).toEqual(['file 0644 0:0 /seen a\n'])
    })
  },
)
