import { describe, expect, it } from 'vitest'
import { parseReference, withTagOrDigest } from '../../src/image/index.ts'

const codeOf = (text: string) => {
  try {
    parseReference(text)
    return undefined
  } catch (error) {
    return (error as { code?: string }).code
  }
}

describe('parseReference', () => {
  it('fills in registry, library and latest', () => {
    expect(parseReference('node')).toEqual({
      domain: 'docker.io',
      path: 'library/node',
      normal: 'docker.io/library/node:latest',
      familiar: 'node',
    })
  })

  it('keeps tag and digest side by side', () => {
    const digest = `sha256:${'a'.repeat(64)}`
    const parsed = parseReference(`ghcr.io/o/app:1@${digest}`)
    expect(parsed).toMatchObject({ tag: '1', digest, normal: `ghcr.io/o/app:1@${digest}` })
  })

  it.each([
    ['Node:22', 'did you mean "node:22"?'],
    ['docker/Docker:TAG', 'did you mean "docker/docker:TAG"?'],
    ['https://ghcr.io/o/app', 'did you mean "ghcr.io/o/app"?'],
    ['a b', 'a name is'],
    ['', 'a variable that is not set'],
  ])('refuses %s and says how it is written', (text, hint) => {
    expect(() => parseReference(text)).toThrow(
      expect.objectContaining({ code: 'TSB_REFERENCE_FORMAT', hint: expect.stringContaining(hint) }),
    )
  })

  it('E01 refuses digests of other algorithms by name', () => {
    expect(codeOf(`a@md5:${'0'.repeat(32)}`)).toBe('TSB_DIGEST_FORMAT')
    expect(codeOf(`a@sha256:${'A'.repeat(64)}`)).toBe('TSB_DIGEST_FORMAT')
    expect(codeOf('a@sha256:../../x')).toBe('TSB_REFERENCE_FORMAT')
  })

  it('reads 64 KiB of separators in linear time', () => {
    expect(codeOf(`a${'-'.repeat(65536)}`)).toBe('TSB_REFERENCE_FORMAT')
    expect(codeOf('a.'.repeat(32768))).toBe('TSB_REFERENCE_FORMAT')
  })

  it('replaces tag and digest of a repository', () => {
    expect(withTagOrDigest(parseReference('a:1'), '2', undefined).normal).toBe('docker.io/library/a:2')
  })
})
