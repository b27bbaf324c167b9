import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { tsbuild } from '../support/command-line.ts'
import { hasDockerRegistry, noDockerRegistry, startDockerRegistry } from '../support/docker-registry.ts'
import { hasProgram } from '../support/programs.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const able = hasDockerRegistry && hasProgram('docker')
const needed = `docker is not installed (apt-get install docker.io), or ${noDockerRegistry}`

interface Manifest {
  readonly mediaType: string
  readonly config: { readonly digest: string }
  readonly manifests: readonly { readonly platform: unknown }[]
}

/** `docker …`, with the logins of this home, and no engine. */
function docker({ directory }: Workspace, input: string, ...words: readonly string[]) {
  const env = { PATH: process.env['PATH'], HOME: directory, DOCKER_HOST: `unix://${directory}/none.sock` }
  return spawnSync('docker', words, { env, input, encoding: 'utf8' })
}

async function openPlace(): Promise<Workspace & { readonly variables: Readonly<Record<string, string>> }> {
  const workspace = await openWorkspace()
  workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPY a /\n', 'context/a': 'a' })
  return { ...workspace, variables: { HOME: workspace.directory } }
}

describe.skipIf(!able)(`what the command line of Docker reads (${needed})`, () => {
  it('an image, one for several platforms, and one in its own format', async () => {
    await using server = await startDockerRegistry()
    await using place = await openPlace()
    const name = `${server.host}/read`
    const run = async (...words: readonly string[]) => {
      const ran = await tsbuild(place, ...words)
      expect(ran).toMatchObject({ status: 0 })
      return ran.stdout.trim()
    }
    const read = (tag: string) => {
      const { stdout, stderr } = docker(place, '', 'manifest', 'inspect', '--insecure', `${name}:${tag}`)
      expect(stderr).toBe('')
      return JSON.parse(stdout) as Manifest
    }
    const id = await run('build', '-q', '--push', '-t', `${name}:one`, 'context')
    await run('push', '-q', '--format', 'docker', `${name}:one`, `${name}:docker`)
    await run('build', '-q', '--push', '--platform', 'linux/amd64,linux/arm64', '-t', `${name}:two`, 'context')
    expect(read('one')).toMatchObject({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { digest: id },
    })
    expect(read('docker')).toMatchObject({
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      config: { digest: id },
    })
    expect(read('two').manifests.map(({ platform }) => platform)).toEqual([
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'arm64' },
    ])
  })

  it('a login: each takes the one that the other wrote, and takes it back', async () => {
    await using server = await startDockerRegistry('password')
    await using place = await openPlace()
    const name = `${server.host}/app:1`
    const push = () => tsbuild(place, 'build', '-q', '--push', '-t', name, 'context')
    const inspect = () => docker(place, '', 'manifest', 'inspect', '--insecure', name)
    const login = ['login', '-u', 'joe', '--password-stdin', server.host]

    expect(docker(place, 'right-pass\n', ...login)).toMatchObject({ status: 0 })
    expect(await push()).toMatchObject({ status: 0 })
    expect(await tsbuild(place, 'logout', server.host)).toMatchObject({ status: 0 })
    expect(inspect().stderr).toContain('no basic auth credentials')

    expect(await tsbuild({ ...place, input: 'right-pass\n' }, ...login)).toMatchObject({ status: 0 })
    expect(inspect()).toMatchObject({ status: 0 })
    expect(docker(place, '', 'logout', server.host)).toMatchObject({ status: 0 })
    const refused = await push()
    expect(refused.status).not.toBe(0)
    expect(refused.stderr).toContain(`tsbuild login ${server.host}`)
  })
})
