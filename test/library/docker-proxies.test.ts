import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { withDockerProxies } from '../../src/library/docker-proxies.ts'

const home = mkdtempSync(join(tmpdir(), 'tsbuild-docker-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))
const env = { HOME: home }

function writeConfig(folder: string, config: unknown): void {
  mkdirSync(join(home, folder), { recursive: true })
  writeFileSync(join(home, folder, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config))
}

const proxies = { httpProxy: 'http://p:1', noProxy: 'localhost', httpsProxy: '', allProxy: 'socks5://p:2' }

test('proxies.default become build arguments, in capitals and lower case', async () => {
  writeConfig('.docker', { auths: {}, proxies: { default: proxies, 'tcp://host:2375': { httpProxy: 'http://no' } } })
  expect(await withDockerProxies({ A: '1' }, { env })).toEqual({
    A: '1',
    HTTP_PROXY: 'http://p:1',
    http_proxy: 'http://p:1',
    NO_PROXY: 'localhost',
    no_proxy: 'localhost',
    ALL_PROXY: 'socks5://p:2',
    all_proxy: 'socks5://p:2',
  })
})

test('an argument that is given, in either case, is not touched', async () => {
  writeConfig('.docker', { proxies: { default: { httpProxy: 'http://p:1' } } })
  expect(await withDockerProxies({ http_proxy: 'mine' }, { env })).toEqual({ http_proxy: 'mine' })
  expect(await withDockerProxies({ HTTP_PROXY: '' }, { env })).toEqual({ HTTP_PROXY: '' })
})

test('DOCKER_CONFIG names the folder of the file', async () => {
  writeConfig('elsewhere', { proxies: { default: { ftpProxy: 'ftp://p' } } })
  const found = await withDockerProxies({}, { env: { ...env, DOCKER_CONFIG: join(home, 'elsewhere') } })
  expect(found).toEqual({ FTP_PROXY: 'ftp://p', ftp_proxy: 'ftp://p' })
})

test('no file, no home and no proxies say nothing', async () => {
  expect(await withDockerProxies({}, { env: {} })).toEqual({})
  expect(await withDockerProxies(undefined, { env: { HOME: join(home, 'nobody') } })).toEqual({})
  writeConfig('.docker', '{ broken, but not about us')
  expect(await withDockerProxies({}, { env })).toEqual({})
})

test('a member of the wrong kind is told without its value', async () => {
  writeConfig('.docker', { proxies: { default: { httpProxy: { password: 'CANARY' } } } })
  const error = await withDockerProxies({}, { env }).catch((thrown: Error) => thrown)
  expect(error).toMatchObject({
    code: 'TSB_DOCKER_CONFIG',
    message: expect.stringContaining('proxies.default.httpProxy'),
  })
  expect(JSON.stringify(error)).not.toContain('CANARY')
  writeConfig('.docker', '{"auths": CANARY, "proxies": ')
  const broken = await withDockerProxies({}, { env }).catch((thrown: Error) => thrown)
  expect(broken).toMatchObject({ code: 'TSB_DOCKER_CONFIG' })
  expect(`${broken} ${JSON.stringify(broken)}`).not.toContain('CANARY')
})
