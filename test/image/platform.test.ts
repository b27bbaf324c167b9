import { describe, expect, it } from 'vitest'
import { sha256 } from '../../src/digest/index.ts'
import {
  type Descriptor,
  formatPlatform,
  machinePlatform,
  matchPlatform,
  parsePlatform,
  samePlatform,
} from '../../src/image/index.ts'

const machine = { os: 'linux', architecture: 'amd64' }
const parse = (text: string) => formatPlatform(parsePlatform(text, machine))

describe('parsePlatform', () => {
  it.each([
    ['linux/arm64/v8', 'linux/arm64'],
    ['linux/aarch64', 'linux/arm64'],
    ['Linux/x86_64', 'linux/amd64'],
    ['linux/amd64/v3', 'linux/amd64/v3'],
    ['linux/arm', 'linux/arm/v7'],
    ['linux/arm/6', 'linux/arm/v6'],
    ['linux/armhf', 'linux/arm/v7'],
    ['linux/i386', 'linux/386'],
    ['arm64', 'linux/arm64'],
    ['windows', 'windows/amd64'],
    ['macos/arm64', 'darwin/arm64'],
  ])('reads %s as %s', (text, normal) => {
    expect(parse(text)).toBe(normal)
  })

  it.each(['', 'linux/', '/amd64', 'a/b/c/d', 'linux/../../x', 'linux/am d64', 'nonsense'])(
    'I03 refuses %j',
    (text) => {
      expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'TSB_PLATFORM_FORMAT' }))
    },
  )
})

describe('machinePlatform', () => {
  it.each([
    ['x64', 'linux/amd64'],
    ['arm64', 'linux/arm64'],
    ['arm', 'linux/arm/v7'],
    ['s390x', 'linux/s390x'],
  ])('knows Node on %s', (arch, platform) => {
    expect(formatPlatform(machinePlatform(arch))).toBe(platform)
  })
})

describe('matchPlatform', () => {
  const entry = (text?: string): Descriptor => ({
    mediaType: 'x/y',
    digest: sha256(text ?? 'none'),
    size: 1,
    ...(text && { platform: { os: 'linux', architecture: text.split('/')[0] ?? '', variant: text.split('/')[1] } }),
  })
  const match = (wanted: string, ...offered: string[]) => {
    const found = matchPlatform(offered.map(entry), parsePlatform(`linux/${wanted}`, machine))
    return found?.platform && formatPlatform(found.platform)
  }

  it('takes the same platform, however it is spelled', () => {
    expect(match('arm64', 'amd64', 'arm64/v8')).toBe('linux/arm64/v8')
    expect(samePlatform({ os: 'linux', architecture: 'x86_64' }, machine)).toBe(true)
  })

  it('takes the newest older variant when the same is absent', () => {
    expect(match('arm/v7', 'arm/v5', 'arm/v6')).toBe('linux/arm/v6')
    expect(match('amd64/v3', 'amd64', 'amd64/v2', 'amd64/v4')).toBe('linux/amd64/v2')
  })

  it('takes nothing newer or foreign', () => {
    expect(match('amd64', 'amd64/v2', 'arm64')).toBeUndefined()
    expect(match('arm/v6', 'arm/v7')).toBeUndefined()
  })

  it('takes an entry without a platform only when it is alone', () => {
    expect(matchPlatform([entry()], machine)).toBeDefined()
    expect(matchPlatform([entry(), entry('arm64')], machine)).toBeUndefined()
  })

  it('never takes an attestation', () => {
    const attestation = { ...entry('x'), platform: { os: 'unknown', architecture: 'unknown' } }
    expect(matchPlatform([attestation], machine)).toBeUndefined()
  })
})

it.each(['linux/nope', 'foo/amd64', 'linux/amd65'])('%s is a slip of the pen', (text) => {
  expect(() => parsePlatform(text, machine)).toThrow(expect.objectContaining({ code: 'TSB_PLATFORM_FORMAT' }))
})
