import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadRegistryConfig } from '../../src/registry/index.ts'
import { code } from '../support/pulling.ts'

describe('loadRegistryConfig', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tsbuild-config-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  const load = (text: string) => {
    writeFileSync(join(folder, 'config.json'), text)
    return loadRegistryConfig(join(folder, 'config.json'))
  }

  it('reads mirrors', async () => {
    const { mirrors } = await load('{"registryMirrors": {"docker.io": ["127.0.0.1:5000"]}, "other": 1}')
    expect([...mirrors]).toEqual([['docker.io', ['127.0.0.1:5000']]])
  })

  it('says which keys it does not know', async () => {
    const { unknown } = await load('{"insecure_registries": [], "registryMirrors": {}, "mirrors": 1}')
    expect(unknown).toEqual(['insecure_registries', 'mirrors'])
  })

  it('reads which registries are insecure', async () => {
    expect((await load('{"insecureRegistries": ["Registry.lan:5000"]}')).insecure).toEqual(['registry.lan:5000'])
  })

  it('takes a file that is not there for an empty one', async () => {
    expect((await loadRegistryConfig(join(folder, 'nothing.json'))).mirrors.size).toBe(0)
    expect((await load('{}')).mirrors.size).toBe(0)
  })

  it.each([
    ['{"registryMirrors": {"docker.io": "127.0.0.1:5000"}}', 'TSB_CONFIG_FILE'],
    ['{"registryMirrors": 3}', 'TSB_CONFIG_FILE'],
    ['{', 'TSB_CONFIG_FILE'],
    ['{"insecureRegistries": ["https://registry.lan"]}', 'TSB_CONFIG_FILE'],
    ['{"insecureRegistries": ["a b"]}', 'TSB_CONFIG_FILE'],
    ['{"registryMirrors": {"docker.io": ["a b"]}}', 'TSB_MIRROR_FORMAT'],
  ])('refuses %s', async (text, expected) => {
    await expect(load(text)).rejects.toThrow(code(expected))
  })
})
