import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { tsbuild } from '../support/command-line.ts'
import {
  type DockerRegistry,
  hasDockerRegistry,
  noDockerRegistry,
  startDockerRegistry,
} from '../support/docker-registry.ts'
import { runProgram } from '../support/programs.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const both = ['linux/amd64', 'linux/arm64']

describe.skipIf(!hasDockerRegistry)(`the digests of registries (${noDockerRegistry})`, () => {
  let workspace: Workspace
  let server: DockerRegistry
  let repository: string
  let count = 0
  beforeAll(async () => {
    server = await startDockerRegistry()
    return () => server[Symbol.asyncDispose]()
  })
  beforeEach(async () => {
    repository = `${server.host}/team/digests${count++}`
    workspace = await openWorkspace()
    workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPY a /\n', 'context/a': 'a'.repeat(10_000) })
    return () => workspace[Symbol.asyncDispose]()
  })

  const digestOf = (name: string) => String(runProgram('skopeo', 'manifest-digest', rawFile(name))).trim()
  const rawFile = (name: string) => {
    workspace.write({ raw: String(runProgram('skopeo', 'inspect', '--raw', '--tls-verify=false', `docker://${name}`)) })
    return `${workspace.directory}/raw`
  }
  const run = async (...argv: readonly string[]) => {
    const ran = await tsbuild(workspace, ...argv)
    expect(ran).toMatchObject({ status: 0 })
    return ran.stdout.trim()
  }
  const known = async (name: string) =>
    JSON.parse(await run('inspect', '-f', '{{json .RepoDigests}}', name)) as string[]
  const listed = () => run('images', '--digests', '--format', '{{.Repository}}:{{.Tag}} {{.Digest}}')

  it('are those that a build pushed, for each tag, until the name gets another image', async () => {
    const names = [`${repository}:1`, `${repository}:2`]
    await workspace.build({ tags: [...names, 'local:1'], outputs: [{ type: 'registry', names }] })
    const digest = digestOf(`${repository}:1`)
    expect(await known(`${repository}:1`)).toEqual([`${repository}@${digest}`])
    expect((await listed()).split('\n').sort()).toEqual(
      [`${repository}:1 ${digest}`, `${repository}:2 ${digest}`, 'local:1 <none>'].sort(),
    )
    runProgram('skopeo', 'inspect', '--tls-verify=false', `docker://${(await known('local:1'))[0]}`)

    await workspace.build({ tags: [`${repository}:1`, 'more:1'] })
    expect(await listed()).toContain(`${repository}:1 ${digest}`)
    workspace.write({ 'context/a': 'other' })
    await workspace.build({ tags: [`${repository}:1`] })
    expect(await known(`${repository}:1`)).toEqual([])
    expect(await known(`${repository}:2`)).toEqual([`${repository}@${digest}`])
  })

  it('are those of tsbuild push and of pull, also by digest', async () => {
    const name = `${repository}:1`
    await workspace.build({ tags: [name] })
    expect(await known(name)).toEqual([])
    await run('push', '-q', name)
    const digest = digestOf(name)
    expect(await known(name)).toEqual([`${repository}@${digest}`])
    await run('push', '-q', '--format', 'docker', name)
    const other = digestOf(name)
    expect(other).not.toBe(digest)
    expect(await known(name)).toEqual([`${repository}@${other}`])

    await run('rmi', name)
    await run('pull', '-q', name)
    expect(await known(name)).toEqual([`${repository}@${other}`])
    await run('rmi', name)
    await run('pull', '-q', `${repository}@${digest}`)
    expect(await listed()).toBe(`${repository}:<none> ${digest}`)
    expect(await known(`${repository}@${digest}`)).toEqual([`${repository}@${digest}`])
  })

  it('a push warns of keys of config.json that are not known', async () => {
    workspace.write({ 'config/tsbuild/config.json': '{"insecureRegistry": ["x"]}' })
    const variables = { XDG_CONFIG_HOME: `${workspace.directory}/config` }
    const { stderr } = await tsbuild(
      { ...workspace, variables },
      '--progress=plain',
      '-t',
      `${repository}:1`,
      '--push',
      'context',
    )
    expect(stderr).toContain('config/tsbuild/config.json: not known, and passed over: "insecureRegistry" (known are')
  })

  it('are those of the index of several platforms, pushed and pulled', async () => {
    const name = `${repository}:1`
    await workspace.build({ platform: both, tags: [name], outputs: [{ type: 'registry' }] })
    const digest = digestOf(name)
    expect(await known(name)).toEqual([`${repository}@${digest}`])
    await run('rmi', name)
    for (const platform of both) {
      await run('pull', '-q', '--platform', platform, name)
      expect(await known(name)).toEqual([`${repository}@${digest}`])
    }
  })
})
