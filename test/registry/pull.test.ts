import { describe, expect, it } from 'vitest'
import { sha256 } from '../../src/digest/index.ts'
import { parseReference } from '../../src/image/index.ts'
import { busyboxArchive, hasBusybox } from '../support/busybox.ts'
import { hasDockerRegistry, noDockerRegistry, startDockerRegistry } from '../support/docker-registry.ts'
import { amd64, code, collect, open, resolve } from '../support/pulling.ts'

const ready = hasDockerRegistry && hasBusybox
const why = hasDockerRegistry ? 'no busybox archive' : noDockerRegistry

describe.skipIf(!ready)(`pulling from a real registry${ready ? '' : ` (${why})`}`, () => {
  it('gives manifest and config, and the layer when it is read', async () => {
    await using server = await startDockerRegistry()
    server.push(`oci-archive:${busyboxArchive}`, 'library/busybox:latest')
    const registry = open({ mirrors: new Map([['docker.io', [server.host]]]) })

    const image = await registry.resolve(parseReference('busybox'), amd64)
    expect(image.location).toBe('docker.io/library/busybox')
    expect(image.config.config?.Cmd).toEqual(['sh'])
    expect(image.descriptor.digest).toBe(sha256(image.manifestBytes))

    const [layer] = image.manifest.layers
    if (!layer) throw new Error('no layer')
    const bytes = await collect(registry.blob(image.location, layer))
    expect(sha256(bytes)).toBe(layer.digest)
  })

  it('speaks plain HTTP to this machine, by tag and by digest', async () => {
    await using server = await startDockerRegistry()
    server.push(`oci-archive:${busyboxArchive}`, 'busybox:1')
    const byTag = await resolve(`${server.host}/busybox:1`)
    const byDigest = await resolve(`${server.host}/busybox@${byTag.descriptor.digest}`)
    expect(byDigest.manifestBytes).toEqual(byTag.manifestBytes)
  })

  it('says what is not there', async () => {
    await using server = await startDockerRegistry()
    await expect(resolve(`${server.host}/nothing:1`)).rejects.toThrow(code('TSB_IMAGE_NOT_FOUND'))
    await expect(resolve(`${server.host}/nothing:1`)).rejects.toThrow(`${server.host} answers 404`)
  })
})
