import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Digest } from '../../src/digest/index.ts'
import { parseReference } from '../../src/image/index.ts'
import { certificateFolders, openCertificates, type Registry } from '../../src/registry/index.ts'
import { makeAuthority } from '../support/authority.ts'
import { tsbuild } from '../support/command-line.ts'
import { hasDockerRegistry, noDockerRegistry, startDockerRegistry } from '../support/docker-registry.ts'
import { startServer } from '../support/http-server.ts'
import { code, collect, open } from '../support/pulling.ts'
import { scratch } from '../support/scratch.ts'
import { startTlsServer } from '../support/tls-server.ts'
import { openWorkspace } from '../support/workspace.ts'

describe.skipIf(!hasDockerRegistry)(`a registry with a certificate of its own (${noDockerRegistry})`, () => {
  it('is pushed to and pulled from with its authority, a client certificate and a password', async () => {
    await using workspace = await openWorkspace()
    const folder = await scratch()
    const authority = makeAuthority(folder)
    const tls = { ...authority.issue('registry', '127.0.0.1'), clients: authority.certificate }
    await using server = await startDockerRegistry('password', tls)
    const { host } = server
    const place = join(workspace.directory, '.config/containers/certs.d', host)
    mkdirSync(place, { recursive: true })
    copyFileSync(authority.certificate, join(place, 'ca.crt'))
    workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPY a /\n', 'context/a': 'a' })
    const login = () => tsbuild({ ...workspace, input: 'right-pass\n' }, 'login', '-u', 'joe', '--password-stdin', host)
    const unknown = await login()
    expect(unknown.status).toBe(1)
    expect(unknown.stderr).toMatch(/TLS: .*alert bad certificate|certificate required/)
    expect(unknown.stderr).toContain(`hint: it wants to know who asks: put client.cert and client.key into /etc/docker`)
    const own = authority.issue('joe')
    copyFileSync(own.certificate, join(place, 'client.cert'))
    copyFileSync(own.key, join(place, 'client.key'))
    expect(await login()).toMatchObject({ status: 0 })
    const seen = await tsbuild(workspace, 'login', '-u', 'joe', '-p', 'right-pass', host)
    expect(seen).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('warning: a password on the command line'),
    })
    expect(await tsbuild(workspace, '-t', `${host}/app:1`, '--push', 'context')).toMatchObject({ status: 0 })
    expect(await tsbuild(workspace, 'pull', '-q', `${host}/app:1`)).toMatchObject({ stdout: `${host}/app:1\n` })
    expect(await tsbuild(workspace, 'ls', '--registry-allow', 'docker.io', `${host}/app`)).toMatchObject({ status: 1 })
  }, 30_000)

  it('is asked all the same when it is said to be insecure, and else not', async () => {
    await using workspace = await openWorkspace()
    const authority = makeAuthority(await scratch())
    await using server = await startDockerRegistry('open', authority.issue('registry', '10.0.0.1'))
    workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPY a /\n', 'context/a': 'a' })
    const insecure = ['--insecure-registry', server.host]
    const pushed = await tsbuild(workspace, '-t', `${server.host}/app:1`, '--push', ...insecure, 'context')
    expect(pushed).toMatchObject({ status: 0 })
    expect(await tsbuild(workspace, 'ls', ...insecure, `${server.host}/app`)).toMatchObject({ stdout: '1\n' })
    const folder = join(workspace.directory, '.config/containers/certs.d', server.host)
    mkdirSync(folder, { recursive: true })
    const refused = await tsbuild(workspace, 'ls', `${server.host}/app`)
    expect(refused.status).toBe(1)
    expect(refused.stderr).toContain(`~/.config/containers/certs.d/${server.host}/ca.crt`)
    copyFileSync(authority.certificate, join(folder, 'ca.crt'))
    const other = await tsbuild(workspace, 'ls', `${server.host}/app`)
    expect(other).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/hint: .* have 127\.0\.0\.1 put into that/),
    })
    const wrong = await tsbuild(workspace, 'ls', '--insecure-registry', 'https://x', 'x/y')
    expect(wrong).toMatchObject({ status: 125, stderr: expect.stringContaining('write --insecure-registry docker.io') })
    const nobody = await tsbuild({ ...workspace, input: 'x' }, 'login', '-u', 'me', '--password-stdin', 'a/b')
    expect(nobody).toMatchObject({
      status: 125,
      stderr: expect.stringContaining('a login is for a whole registry: tsbuild login ghcr.io'),
    })
    mkdirSync(join(workspace.directory, '.config/tsbuild'))
    const config = JSON.stringify({ insecureRegistries: [server.host] })
    writeFileSync(join(workspace.directory, '.config/tsbuild/config.json'), config)
    expect(await tsbuild(workspace, 'ls', `${server.host}/app`)).toMatchObject({ stdout: '1\n' })
    workspace.write({ 'context/Dockerfile': `FROM ${server.host}/app:1\nCOPY a /b\n` })
    expect(await tsbuild(workspace, '-t', 'next', '--pull', 'context')).toMatchObject({ status: 0 })
  }, 30_000)
})

describe('a registry of this machine that speaks HTTPS alone', () => {
  it.skipIf(!hasDockerRegistry)(
    'E18 is asked in HTTPS when it refuses plain HTTP, and its certificate is checked',
    async () => {
      const authority = makeAuthority(await scratch())
      await using server = await startDockerRegistry('open', authority.issue('registry', '127.0.0.1'))
      const digest = `sha256:${'0'.repeat(64)}` as Digest
      const blob = { mediaType: 'x', digest, size: 1 }
      for (const ask of [
        (registry: Registry) => registry.ping(server.host),
        (registry: Registry) => registry.tags(`${server.host}/app`),
        (registry: Registry) => registry.document(parseReference(`${server.host}/app`)),
        (registry: Registry) => collect(registry.blob(`${server.host}/app`, blob)),
        (registry: Registry) => registry.put(`${server.host}/app`, { mediaType: 'x', bytes: new Uint8Array() }, '1'),
      ]) {
        const registry = open()
        const failed = await ask(registry).catch((error: unknown) => error)
        expect(failed).toMatchObject({
          code: 'TSB_REGISTRY_UNREACHABLE',
          message: expect.not.stringContaining('Node.js'),
          hint: expect.stringMatching(/certs\.d\/127.*--insecure-registry 127/),
        })
        registry.close()
      }
    },
  )

  it('is told from one with nothing but errors', async () => {
    await using plain = await startServer((_, response) => response.writeHead(400).end('no'))
    const registry = open()
    await expect(registry.tags(`${plain.host}/app`)).rejects.toThrow(/answers 400/)
    expect(plain.requests).toHaveLength(1)
    registry.close()
  })

  it('says which of our files is wrong, and nothing of OpenSSL', async () => {
    const folder = await scratch()
    const authority = makeAuthority(folder)
    const [own, other] = [authority.issue('joe'), authority.issue('jim')]
    const server = await startTlsServer((_, response) => response.end('x'))
    mkdirSync(join(folder, server.host))
    copyFileSync(own.certificate, join(folder, server.host, 'client.cert'))
    copyFileSync(other.key, join(folder, server.host, 'client.key'))
    const registry = open({ certificates: openCertificates([folder]) })
    await expect(registry.tags(`${server.host}/app`)).rejects.toMatchObject({
      hint: expect.stringContaining('client.key is not the key of client.cert'),
    })
    await using plain = await startServer((_, response) => response.end('x'))
    const mirrored = open({
      mirrors: new Map([[plain.host, [`https://${plain.host}`]]]),
      notice: (text) => told.push(text),
    })
    const told: string[] = []
    await mirrored.document(parseReference(`${plain.host}/app`)).catch(() => undefined)
    expect(told).toEqual([expect.stringMatching(/TLS: wrong version number \(GET [^\n]*\)$/)])
    for (const each of [registry, mirrored]) each.close()
  })
})

describe('a registry that is insecure', () => {
  it('E18 is asked in plain HTTP when it speaks nothing else, and when that was said alone', async () => {
    await using plain = await startServer((_, response) => response.end('{"tags":["a"]}'))
    const registry = open({ insecure: new Set([plain.host]) })
    expect(await registry.tags(`${plain.host}/app`)).toEqual(['a'])
    registry.close()
  })

  it('E11 is alone in that: where it sends on to is checked as ever', async () => {
    const other = await startTlsServer((_, response) => response.end('x'))
    const server = await startTlsServer((_, response) =>
      response.writeHead(307, { location: `https://${other.host}/x` }).end(),
    )
    const registry = open({ insecure: new Set([server.host]) })
    await expect(registry.tags(`${server.host}/app`)).rejects.toThrow(/self-signed/)
    registry.close()
  })
})

describe('folders of certificates', () => {
  it('are those of the user, of docker and of podman, and never below the working directory', () => {
    const machine = ['/etc/docker/certs.d', '/etc/containers/certs.d']
    const folders = certificateFolders({ HOME: '/home/me', XDG_CONFIG_HOME: 'relative' })
    expect(folders).toEqual(['/home/me/.config/containers/certs.d', '/home/me/.config/docker/certs.d', ...machine])
    expect(certificateFolders({ HOME: '.' })).toEqual(machine)
  })

  it.each([
    ['a certificate without its key', { 'client.cert': 'x' }],
    ['a key without its certificate', { 'client.key': 'x' }],
    ['what is no PEM', { 'ca.crt': '\u0000\u0001' }],
  ])('with %s are an error that names the file', async (_, files) => {
    const folder = await scratch()
    mkdirSync(join(folder, 'registry.lan:5000'))
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'registry.lan:5000', name), text)
    await expect(openCertificates([folder])('registry.lan:5000')).rejects.toThrow(code('TSB_CERTIFICATE'))
  })

  it('are for one host and port', async () => {
    const folder = await scratch()
    mkdirSync(join(folder, 'registry.lan:5000'))
    const certificates = openCertificates([folder])
    expect(await certificates('registry.lan:5000')).toEqual({ authorities: [] })
    for (const host of ['registry.lan', 'registry.lan:5001', '..', '.', ''])
      expect(await certificates(host)).toBe(undefined)
  })
})
