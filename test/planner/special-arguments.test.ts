import { describe, expect, test } from 'vitest'
import { imageConfig, opsOf, planText, rowsOf } from '../support/planning.ts'

const args = (given: Readonly<Record<string, string>>) => ({ buildArgs: new Map(Object.entries(given)) })
const base = { base: imageConfig({ Env: ['PATH=/bin'] }) }

describe('arguments that are for the builder', () => {
  const given = {
    BUILDKIT_BUILD_NAME: 'nightly',
    BUILDKIT_CACHE_MOUNT_NS: 'ci',
    BUILDKIT_CONTEXT_KEEP_GIT_DIR: '1',
    BUILDKIT_DOCKERFILE_CHECK: 'skip=none',
    BUILDKIT_INLINE_CACHE: '1',
    BUILDKIT_MULTI_PLATFORM: '1',
    BUILDKIT_SANDBOX_HOSTNAME: 'box',
    BUILDKIT_SBOM_SCAN_CONTEXT: 'true',
    BUILDKIT_SBOM_SCAN_STAGE: 'true',
    BUILDKIT_SYNTAX: 'docker/dockerfile:1',
    SOURCE_DATE_EPOCH: '0',
  }

  test.each(Object.keys(given))('%s is taken without ARG, and is in no variable, row or warning', async (name) => {
    const value = given[name as keyof typeof given]
    const plan = await planText(
      'FROM base\nENV X=[$NAME]\nRUN x\n'.replace('NAME', name),
      args({ [name]: value }),
      base,
    )
    const without = await planText('FROM base\nENV X=[$NAME]\nRUN x\n'.replace('NAME', name), {}, base)
    expect(plan.image.config.config?.Env).toEqual(['PATH=/bin', 'X=[]'])
    expect(opsOf(plan, 'run')[0]?.env).toEqual(['PATH=/bin', 'X=[]'])
    expect(rowsOf(plan)).toEqual(rowsOf(without))
    expect(plan.warnings).toEqual(without.warnings)
  })

  test('one that is declared is an ARG like any, but for those of BUILDKIT_SBOM_SCAN', async () => {
    const names = Object.keys(given)
    const plan = await planText(`FROM base\nARG ${names.join(' ')}\nRUN x\n`, args(given), base)
    const seen = opsOf(plan, 'run')[0]?.env.map((variable) => variable.split('=')[0])
    expect(seen).toEqual(['PATH', ...names.filter((name) => !name.startsWith('BUILDKIT_SBOM_SCAN'))])
  })
})

describe('BUILDKIT_SANDBOX_HOSTNAME', () => {
  test('is what RUN is, and counts in its key; absent when it is not given', async () => {
    const named = await planText('FROM base\nRUN x\n', args({ BUILDKIT_SANDBOX_HOSTNAME: 'box' }), base)
    const usual = await planText('FROM base\nRUN x\n', {}, base)
    expect(opsOf(named, 'run')[0]).toMatchObject({ hostname: 'box' })
    expect(opsOf(usual, 'run')[0]).not.toHaveProperty('hostname')
    expect(named.target).not.toBe(usual.target)
  })

  test('is no default of an ARG: only what is given counts', async () => {
    const plan = await planText('ARG BUILDKIT_SANDBOX_HOSTNAME=file\nFROM base\nRUN x\n', {}, base)
    expect(opsOf(plan, 'run')[0]).not.toHaveProperty('hostname')
  })
})

describe('platform arguments', () => {
  const names = ['PLATFORM', 'OS', 'OSVERSION', 'ARCH', 'VARIANT'].flatMap((name) => [`BUILD${name}`, `TARGET${name}`])
  const declared = `FROM base\nARG ${names.join(' ')} TARGETSTAGE\nRUN x\n`
  const platform = { os: 'linux', architecture: 'arm', variant: 'v7', 'os.version': '5.1' }

  async function valuesOf(request: Parameters<typeof planText>[1]): Promise<Readonly<Record<string, string>>> {
    const env = opsOf(await planText(declared, request, base), 'run')[0]?.env ?? []
    return Object.fromEntries(env.slice(1).map((variable) => variable.split('=', 2) as [string, string]))
  }

  test('are those of this machine and of the target, the versions of their systems too', async () => {
    expect(await valuesOf({ platform })).toEqual({
      BUILDPLATFORM: 'linux/amd64',
      BUILDOS: 'linux',
      BUILDOSVERSION: '',
      BUILDARCH: 'amd64',
      BUILDVARIANT: '',
      TARGETPLATFORM: 'linux/arm/v7',
      TARGETOS: 'linux',
      TARGETOSVERSION: '5.1',
      TARGETARCH: 'arm',
      TARGETVARIANT: 'v7',
      TARGETSTAGE: 'default',
    })
  })

  test('--build-arg wins over each of them', async () => {
    const given = Object.fromEntries([...names, 'TARGETSTAGE'].map((name) => [name, `my ${name}`]))
    expect(await valuesOf(args(given))).toEqual(given)
  })
})
