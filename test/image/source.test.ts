import { describe, expect, it } from 'vitest'
import { formatImageSource, parseImageSource } from '../../src/image/index.ts'

const digest = `sha256:${'b'.repeat(64)}`

describe('parseImageSource', () => {
  it.each([
    ['oci-layout://dir', { kind: 'oci-layout', path: 'dir' }],
    ['oci-layout:///abs/dir:1.2', { kind: 'oci-layout', path: '/abs/dir', tag: '1.2' }],
    [`oci-layout:dir@${digest}`, { kind: 'oci-layout', path: 'dir', digest }],
    ['oci-archive:app.tar', { kind: 'oci-archive', path: 'app.tar' }],
    ['oci-archive:../a:b/app.tar', { kind: 'oci-archive', path: '../a:b/app.tar' }],
    ['docker-archive:app.tar:web', { kind: 'docker-archive', path: 'app.tar', tag: 'web' }],
  ])('reads %s', (text, expected) => {
    expect(parseImageSource(text)).toEqual(expected)
  })

  it('reads all else as a reference, also behind docker-image://', () => {
    expect(parseImageSource('node:22')).toEqual(parseImageSource('docker-image://node:22'))
  })

  it('refuses a scheme without a path', () => {
    expect(() => parseImageSource('oci-layout://')).toThrow(expect.objectContaining({ code: 'TSB_REFERENCE_FORMAT' }))
  })

  it('is the inverse of formatImageSource', () => {
    for (const text of ['oci-layout:///a/b:1', `oci-archive:///x.tar@${digest}`, 'docker.io/library/node:22'])
      expect(formatImageSource(parseImageSource(text))).toBe(text)
  })
})
