import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { namedSource } from '../../../src/library/inputs/index.ts'
import { busyboxBase, hasBusyboxBase, noBusyboxBase } from '../../support/busybox-base.ts'
import { startServer } from '../../support/http-server.ts'
import { buildFrom } from '../../support/inputs.ts'
import { openWorkspace, type Workspace } from '../../support/workspace.ts'

describe('--build-context', () => {
  let workspace: Workspace
  beforeAll(async () => {
    workspace = await openWorkspace()
    workspace.write({
      'context/a': '1',
      'other/b': '2',
      'other/hidden': '',
      'other/.dockerignore': 'hidden\n.dockerignore',
      'arm/b': 'arm',
    })
  })
  afterAll(() => workspace[Symbol.asyncDispose]())
  const built = async (dockerfile: string, contexts: Readonly<Record<string, string>>, more: object = {}) =>
    (await buildFrom(workspace, { context: 'context', dockerfile, contexts, ...more })).files
  const copy = 'FROM scratch\nCOPY --from=src . /\n'

  it('a directory has its own .dockerignore, and its files belong to root', async () => {
    if (process.getuid?.() === 0) execFileSync('chown', ['12:34', join(workspace.directory, 'other/b')])
    expect(await built(copy, { src: 'other' })).toEqual(['file 0644 0:0 /b 2'])
    expect(await built('FROM src\nCOPY a /\n', { src: 'other' })).toEqual(['file 0644 0:0 /b 2', 'file 0644 0:0 /a 1'])
  })

  it('for a platform comes before one for all', async () => {
    const contexts = { src: 'other', 'src::linux/arm64': 'arm' }
    expect(await built(copy, contexts, { platform: 'linux/arm64' })).toEqual(['file 0644 0:0 /b arm'])
    expect(await built(copy, contexts, { platform: 'linux/amd64' })).toEqual(['file 0644 0:0 /b 2'])
  })

  it('scratch and context mean what they always do', async () => {
    const contexts = { scratch: 'other', context: 'other' }
    expect(await built('FROM scratch\nCOPY a /\n', contexts)).toEqual(['file 0644 0:0 /a 1'])
  })

  it('a missing directory is an error before anything is built, also when nobody uses it', async () => {
    const refused = built('FROM scratch\nCOPY a /\n', { unused: 'nowhere' })
    await expect(refused).rejects.toMatchObject({
      code: 'TSB_BUILD_CONTEXT',
      message: 'failed to get build context unused: nowhere is no directory',
    })
  })

  it('a URL is one file called context, and is asked for only when it is used', async () => {
    await using server = await startServer((_, response) => void response.end('from afar'))
    const src = `http://${server.host}/dir/file.tar.gz`
    expect(await built('FROM scratch\nCOPY a /\n', { src })).toEqual(['file 0644 0:0 /a 1'])
    expect(server.requests).toEqual([])
    expect(await built(copy, { src })).toEqual(['file 0600 0:0 /context from afar'])
  })

  it.skipIf(!hasBusyboxBase)(
    `an image is written docker-image:// or oci-layout:// (${hasBusyboxBase ? 'busybox' : noBusyboxBase})`,
    async () => {
      await workspace.import(busyboxBase(), 'base')
      const dockerfile = 'FROM scratch\nCOPY --from=src /bin/busybox /\n'
      const oneFile = [expect.stringMatching(/^file 0755 0:0 \/busybox /)]
      expect(await built(dockerfile, { src: 'docker-image://base' })).toEqual(oneFile)
      const dest = join(workspace.directory, 'layout')
      await buildFrom(workspace, {
        context: 'context',
        dockerfile: 'FROM base\n',
        tags: ['layout:v1', 'made'],
        outputs: [{ type: 'oci', dest, tar: false }],
      })
      const index = JSON.parse(execFileSync('cat', [join(dest, 'index.json')], { encoding: 'utf8' }))
      for (const which of ['', ':v1', `@${index.manifests[0].digest}`]) {
        expect(await built(dockerfile, { src: `oci-layout://${dest}${which}` })).toEqual(oneFile)
      }
    },
  )

  it('of another kind, and a name that no stage or image can have, are refused', () => {
    const refused = (name: string, text: string) => () => namedSource(name, text)
    expect(refused('src', 's3://bucket')).toThrow(/unsupported build context s3:\/\/bucket/)
    expect(refused('Src Code', 'dir')).toThrow(/invalid context name Src Code/)
    expect(refused('src::', 'dir')).toThrow(/invalid context name src::: no platform/)
    expect(namedSource('src', 'github.com/me/app')).toMatchObject({ kind: 'local' })
    expect(namedSource('src', 'git@host.test:me/app.git#v1')).toMatchObject({
      kind: 'remote',
      shown: 'git@host.test:me/app.git#v1',
    })
    expect(namedSource('src', 'https://me:CANARY@host.test/app.git')).toMatchObject({
      shown: 'https://host.test/app.git',
      login: { user: 'me', password: 'CANARY' },
    })
  })
})
