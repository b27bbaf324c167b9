import { describe, expect, it, test } from 'vitest'
import { OptionError } from '../../src/errors.ts'
import { copy, createIndex, listTags, pull, push, remoteDocument } from '../../src/index.ts'
import { registryName } from '../../src/library/registry-name.ts'
import { tsbuild } from '../support/command-line.ts'
import { openWorkspace } from '../support/workspace.ts'

const foreign = [
  ...['dir:foo', 'containers-storage:app', 'docker-daemon:app:1', 'ostree:app', 'sif:app.sif', 'tarball:x', 'DIR:foo'],
  ...['y.tar', 'out/y.tar.gz', 'y.tgz', '/tmp/y.tar', './y.tar.zst', 'my.app/y.tar', 'y.tar:app'],
]
const own = ['oci:foo', 'oci-layout://foo', 'oci-archive:y.tar', 'docker-archive:y.tar']

describe('the name of an image of a registry', () => {
  test.each([
    'node:22',
    'dir',
    'me/dir:1',
    'dir:5000/app',
    'oci:5000/app:1',
    'ghcr.io/me/tar:1',
    'docker:24',
    'x.tar/app',
  ])('is %s', (text) => expect(registryName(text)).toBe(text))

  test.each([...foreign, ...own])('is not %s, unless it stands behind docker://', (text) => {
    expect(() => registryName(text)).toThrow(expect.objectContaining({ code: 'TSB_REGISTRY_NAME' }))
    expect(registryName(`docker://${text}`)).toBe(text)
  })
})

it('a place that tsbuild does not know is asked for and sent to nowhere', async () => {
  await using workspace = await openWorkspace()
  const { environment } = workspace
  workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPY a /\n', 'context/a': 'a' })
  await workspace.build({ tags: ['app'] })
  const nowhere = { registryAllow: [] }
  for (const place of foreign) {
    const refused = [
      () => copy('app', place, nowhere, environment),
      () => copy(place, 'oci:x', nowhere, environment),
      () => pull(place, nowhere, environment),
      () => push('app', [place], nowhere, environment),
      () => createIndex({ names: [place], sources: ['app'], ...nowhere }, environment),
      () => createIndex({ names: ['app'], sources: [place], ...nowhere }, environment),
      () => remoteDocument(place, nowhere, environment),
    ]
    for (const ask of refused) {
      const error = await ask().catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(OptionError)
      expect(error).toMatchObject({ hint: expect.stringMatching(/oci:DIR.* oci-archive:FILE/) })
    }
  }
  const file = copy('app', 'out/y.tar', nowhere, environment)
  await expect(file).rejects.toMatchObject({ hint: expect.stringContaining('oci-archive:out/y.tar is a file') })
  const named = copy('docker://y.tar', 'oci:x', nowhere, environment)
  await expect(named).rejects.toThrow('docker.io may not be asked')
  expect(await tsbuild(workspace, 'pull', '--registry-allow', '127.0.0.1:1', 'oci-archive:y.tar')).toMatchObject({
    status: 125,
    stderr: expect.stringContaining('oci-archive:y.tar is a place'),
  })
}, 30_000)

it.each(['/tmp/lay', './lay', '../lay'])('copy says of a path what would be a place there: %s', async (place) => {
  await using workspace = await openWorkspace()
  await expect(copy(place, 'app', {}, workspace.environment)).rejects.toMatchObject({
    code: 'TSB_COPY_PLACE',
    message: `${place} is no place to copy from`,
    hint: expect.stringContaining(`oci:${place} is a layout there`),
  })
})

it('copy reads no docker archive and writes none, and says what does', async () => {
  await using workspace = await openWorkspace()
  const { environment } = workspace
  await expect(copy('docker-archive:y.tar', 'app', {}, environment)).rejects.toMatchObject({
    code: 'TSB_COPY_PLACE',
    hint: expect.stringContaining('tsbuild load'),
  })
  await expect(copy('app', 'docker-archive:y.tar', {}, environment)).rejects.toMatchObject({
    code: 'TSB_COPY_PLACE',
    hint: expect.stringContaining('tsbuild save --format docker'),
  })
})

describe('index create', () => {
  const create = (sources: readonly string[]) => async () => {
    await using workspace = await openWorkspace()
    return await createIndex({ names: ['127.0.0.1:1/app:1'], sources }, workspace.environment)
  }

  test.each([
    ['sha256:dead', 'it is too short, behind sha256: stand 64 digits and not 4'],
    [`sha256:${'a'.repeat(65)}`, 'it is too long'],
    [`sha256:${'A'.repeat(64)}`, 'digits and the letters a to f'],
    ['', 'the name of an image is empty'],
  ])('asks nobody for "%s"', async (source, message) => {
    const error = await create([source])().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(OptionError)
    expect(error).toMatchObject({ message: expect.stringContaining(message) })
  })
})

test('ls of a registry alone says what is wanted', async () => {
  await using workspace = await openWorkspace()
  await expect(listTags('127.0.0.1:1', {}, workspace.environment)).rejects.toMatchObject({
    code: 'TSB_REFERENCE_FORMAT',
    hint: 'write tsbuild ls 127.0.0.1:1/REPOSITORY',
  })
})
