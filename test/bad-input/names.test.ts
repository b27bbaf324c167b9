import { afterAll, beforeAll, describe, it } from 'vitest'
import { openBadWorkspace, refused } from '../support/bad-input.ts'
import { hasBusyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import { notFound, startServer, type TestServer } from '../support/http-server.ts'
import type { Workspace } from '../support/workspace.ts'

describe.skipIf(!hasBusyboxBase)(
  `a name (${hasBusyboxBase ? 'one error, and nothing is left' : noBusyboxBase})`,
  () => {
    let workspace: Workspace
    let registry: TestServer
    beforeAll(async () => {
      workspace = await openBadWorkspace()
      workspace.write({ 'context/Dockerfile': 'FROM busybox AS build\nCMD ["true"]\nFROM build AS test\n' })
      registry = await startServer(notFound)
    })
    afterAll(() => Promise.all([workspace[Symbol.asyncDispose](), registry[Symbol.asyncDispose]()]))

    it.each([
      ['Bad Name', /a name is/],
      ['My-App', /did you mean "my-app"\?/],
      ['app:1:2', /a name is/],
      ['-app', /a name is/],
      ['app:', /a name is/],
    ])('that no image can have is refused by -t: %s', async (name, hint) => {
      await refused(workspace, ['-q', `--tag=${name}`, 'context'], {
        status: 125,
        error: /^ERROR: not an image name: /m,
        hint,
      })
    })

    it('that no image can have is refused by tag, import, save and history', async () => {
      await refused(workspace, ['tag', 'busybox', 'Bad'], { error: /not an image name: "Bad"/, hint: /"bad"/ })
      await refused(workspace, ['import', '/dev/null', 'Bad'], { error: /not an image name: "Bad"/, hint: /"bad"/ })
      await refused(workspace, ['history', 'Bad'], { error: /not an image name: "Bad"/, hint: /"bad"/ })
    })

    it.each([
      [
        'type=oci,dest=nowhere/app.tar',
        /cannot write \/.*\/nowhere\/app\.tar: there is no directory \/.*\/nowhere$/,
        /make the directory/,
      ],
      ['type=local,dest=context/Dockerfile', /\/context\/Dockerfile is no directory$/, /name a directory/],
      ['type=docker,dest=context', /\/context is a directory$/, /name a file/],
    ])('of no place for an output is refused, and the image is not named: %s', async (output, error, hint) => {
      await refused(workspace, ['-q', '-t', 'bad', '-o', output, 'context'], { status: 125, error, hint })
    })

    it('of no stage is refused by --target', () =>
      refused(workspace, ['-q', '--target', 'buidl', 'context'], {
        error: /target stage "buidl" could not be found$/,
        hint: /did you mean "build"\?$/,
      }))

    it.each([
      ['rmi', 'nothing'],
      ['inspect', 'nothing'],
      ['save', 'nothing', '-o', 'out.tar'],
      ['tag', 'nothing', 'something'],
    ])('of no image is refused by %s', async (...argv) => {
      await refused(workspace, argv, { error: /[Nn]o such image: nothing$/, hint: /tsbuild images|did you mean/ })
    })

    it('of an image that is neither in the store nor in its registry is refused by history', () =>
      refused(workspace, ['history', `${registry.host}/nothing:1`], {
        error: /no image .*\/nothing:1 in the store, and not found: GET nothing\/manifests\/1: .* answers 404/,
        hint: /check the name and the tag$/,
      }))

    it('of no image by its id is refused by history, and no registry is asked', () =>
      refused(workspace, ['history', 'ab'.repeat(32)], { error: /No such image: abab/, hint: /tsbuild images/ }))
  },
)

describe.skipIf(!hasBusyboxBase)('a wrong flag ends with 125', () => {
  let workspace: Workspace
  beforeAll(async () => {
    workspace = await openBadWorkspace()
    workspace.write({ 'context/Dockerfile': 'FROM busybox\n' })
  })
  afterAll(() => workspace[Symbol.asyncDispose]())

  it.each([
    [['--taget', 'x'], /unknown option '--taget'/, /--target/],
    [['--build-arg', '=1'], /--build-arg/, /./],
    [['--output', 'type=zip,dest=x'], /unknown type "zip"/, /docker, local, oci, tar/],
    [['--jobs', 'many'], /--jobs/, /./],
    [['--runtime', 'docker'], /--runtime/, /./],
    [['--secret', 'type=file'], /--secret type=file: the id is missing/, /id=NAME,src=FILE/],
    [['--ulimit', 'nofile=x'], /--ulimit/, /./],
    [['--shm-size', '-1'], /--shm-size/, /./],
    [['--registry-mirror', 'docker.io'], /docker\.io/, /docker\.io=127\.0\.0\.1:5000/],
    [['--allow', 'everything'], /--allow/, /network\.host/],
    [['--iidfile', 'nowhere/id'], /--iidfile nowhere\/id: there is no directory nowhere$/, /a directory/],
    [['--metadata-file', 'context'], /--metadata-file context: that is a directory$/, /./],
    [
      ['--registry-allow', 'https://docker.io'],
      /not the host of a registry: "https:\/\/docker\.io"/,
      /--registry-allow docker\.io/,
    ],
    [['--platform', 'linux/foo'], /not a platform: "linux\/foo"/, /linux\/amd64/],
    [['--quiet', '--progress=plain'], /exclude each other/, /./],
  ] as const)('%s', async (flags, error, hint) => {
    await refused(workspace, [...flags, 'context'], { status: 125, error, hint })
  })
})
