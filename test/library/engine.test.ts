import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { findEngine } from '../../src/library/engine.ts'
import { tsbuild } from '../support/command-line.ts'
import { hasDockerEngine, noDockerEngine, startDockerEngine } from '../support/docker-engine.ts'
import { hasDockerRegistry, startDockerRegistry } from '../support/docker-registry.ts'
import { runProgram } from '../support/programs.ts'
import { code } from '../support/pulling.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const context = { 'context/Dockerfile': 'FROM scratch\nCOPY a /\nLABEL x=y\n', 'context/a': 'a'.repeat(100_000) }

/** Something that listens as an engine does, until the test ends. */
async function listening({ directory }: Workspace, answer: RequestListener): Promise<Record<string, string>> {
  const socket = join(directory, 'engine.sock')
  const server = createServer(answer).listen(socket)
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { DOCKER_HOST: `unix://${socket}` }
}

const withEnv = (workspace: Workspace, variables: Readonly<Record<string, string>>, ...words: readonly string[]) =>
  tsbuild({ ...workspace, variables }, ...words)

describe('--load', () => {
  it.skipIf(!hasDockerEngine)(
    `gives the image to a real Docker engine (${noDockerEngine})`,
    async () => {
      await using workspace = await openWorkspace()
      await using engine = await startDockerEngine()
      workspace.write(context)
      const words = ['-t', 'app:1', '-t', 'team/app:2', '--iidfile', 'id', '--load', 'context']
      const env = { DOCKER_HOST: `unix://${engine.socket}` }
      expect(await withEnv(workspace, env, ...words)).toMatchObject({ status: 0 })
      const names = engine.docker('images', '--no-trunc', '--format', '{{.Repository}}:{{.Tag}} {{.ID}}')
      const id = String(runProgram('cat', join(workspace.directory, 'id')))
      expect(names.trim().split('\n').sort()).toEqual([`app:1 ${id}`, `team/app:2 ${id}`])
      expect(engine.docker('inspect', '--format', '{{.Config.Labels.x}}', 'app:1')).toBe('y\n')
      if (!hasDockerRegistry) return
      await using server = await startDockerRegistry()
      for (const form of ['true', 'false']) {
        const name = `${server.host}/app:${form}`
        expect(
          await tsbuild(workspace, '-o', `type=registry,name=${name},oci-mediatypes=${form}`, 'context'),
        ).toMatchObject({ status: 0 })
        expect(engine.docker('pull', '-q', name)).toBe(`${name}\n`)
        expect(engine.docker('inspect', '--format', '{{.Id}}', name)).toBe(`${id}\n`)
      }
    },
    60_000,
  )

  it('sends an archive that docker load takes', async () => {
    await using workspace = await openWorkspace()
    workspace.write(context)
    const chunks: Buffer[] = []
    let asked = ''
    const env = await listening(workspace, (request, response) => {
      asked = `${request.method} ${request.url}`
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => response.end('{"stream":"Loaded image: app:1\\n"}\n'))
    })
    expect(await withEnv(workspace, env, '-t', 'app:1', '--load', 'context')).toMatchObject({ status: 0 })
    expect(asked).toBe('POST /images/load?quiet=1')
    const file = join(workspace.directory, 'sent.tar')
    writeFileSync(file, Buffer.concat(chunks))
    expect(String(runProgram('tar', 'xOf', file, 'manifest.json'))).toContain('"RepoTags":["app:1"]')
  })

  it.each([
    ['a status', 500, '{"message":"no space left on device"}', 'no space left on device'],
    ['a line of its progress', 200, '{"errorDetail":{"message":"bad"},"error":"bad tar"}\n', 'bad tar'],
  ])('passes on what an engine says by %s, and names nothing', async (_, status, body, reason) => {
    await using workspace = await openWorkspace()
    workspace.write(context)
    const env = await listening(workspace, (request, response) => {
      request.resume().on('end', () => response.writeHead(status).end(body))
    })
    const ran = await withEnv(workspace, env, '-t', 'app:1', '--load', 'context')
    expect(ran.status).toBe(1)
    expect(ran.stderr).toContain(`the Docker engine did not take the image: ${reason}`)
    expect(await tsbuild(workspace, 'images', '-q')).toMatchObject({ stdout: '' })
  })

  it('of an engine that hangs up, or that is not there, is an error', async () => {
    await using workspace = await openWorkspace()
    workspace.write(context)
    const env = await listening(workspace, (request) => request.socket.destroy())
    const ran = await withEnv(workspace, env, '-t', 'app:1', '--load', 'context')
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('no Docker engine answers at') })
    const absent = await withEnv(workspace, { DOCKER_HOST: 'unix:///nowhere/sock' }, '--load', 'context')
    expect(absent.stderr).toContain('no Docker engine answers at /nowhere/sock')
  })

  it('is for an engine of this machine alone', async () => {
    await expect(findEngine({ env: { DOCKER_HOST: 'tcp://10.0.0.1:2375' } })).rejects.toThrow(code('TSB_ENGINE_HOST'))
    expect(await findEngine({ env: { DOCKER_HOST: 'unix:///a/b.sock' } })).toEqual({ socket: '/a/b.sock' })
  })

  it("is for the engine of docker's current context", async () => {
    await using workspace = await openWorkspace()
    const { directory } = workspace
    const { DOCKER_HOST } = await listening(workspace, (_, response) => response.end())
    const setTo = (currentContext: string, host: string | undefined) => {
      const folder = `.docker/contexts/meta/${createHash('sha256').update(currentContext).digest('hex')}`
      const meta = JSON.stringify({ Name: currentContext, Endpoints: { docker: { Host: host } } })
      workspace.write({ '.docker/config.json': JSON.stringify({ currentContext }), [`${folder}/meta.json`]: meta })
      return findEngine({ env: { HOME: directory } })
    }
    const socket = join(directory, 'engine.sock')
    expect(await setTo('desktop', DOCKER_HOST)).toEqual({ socket })
    const none = (text: string) => ({ none: expect.stringContaining(text) })
    expect(await setTo('far', 'ssh://me@far.test')).toEqual(
      none('the Docker context "far" is no socket of this machine'),
    )
    expect(await setTo('empty', undefined)).toEqual(none('the Docker context "empty" names no Docker engine'))
    expect(await setTo('off', 'unix:///nowhere/sock')).toEqual(none('no Docker engine is at /nowhere/sock'))
    const env = { DOCKER_CONFIG: join(directory, '.docker'), DOCKER_CONTEXT: 'desktop' }
    expect(await findEngine({ env })).toEqual({ socket })
    expect(await findEngine({ env: { ...env, DOCKER_HOST: 'unix:///a' } })).toEqual({ socket: '/a' })
    workspace.write(context)
    await setTo('far', 'ssh://me@far.test')
    const ran = await withEnv(workspace, { HOME: directory }, '--load', 'context')
    expect(ran).toMatchObject({ status: 0, stderr: expect.stringContaining('"far" is no socket of this machine') })
  })
})
