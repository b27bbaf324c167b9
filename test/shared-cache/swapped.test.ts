import { getuid } from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../src/digest/index.ts'
import type { BuildOptions } from '../../src/index.ts'
import { hasBusyboxBase } from '../support/busybox-base.ts'
import { hasDockerRegistry, noDockerRegistry, startDockerRegistry } from '../support/docker-registry.ts'
import { buildOn, type Machines, noticesOf, openMachines } from '../support/machines.ts'
import { runProgram } from '../support/programs.ts'

const able = getuid?.() === 0 && hasBusyboxBase && hasDockerRegistry
const manifestType = 'application/vnd.oci.image.manifest.v1+json'

interface Document {
  readonly records: readonly { readonly layer: { blob: string } }[]
}

/** Puts a cache in place of another, in which two records have the layers of each other. */
async function swapLayers(host: string, repository: string, tag: string): Promise<void> {
  const at = `http://${host}/v2/${repository}`
  const get = async (place: string) => (await fetch(`${at}/${place}`, { headers: { accept: manifestType } })).json()
  const manifest = (await get(`manifests/${tag}`)) as { readonly config: { readonly digest: string } }
  const document = (await get(`blobs/${manifest.config.digest}`)) as Document
  const [one, two] = document.records
  if (!one || !two) throw new Error('two records are wanted')
  const swapped = [two.layer.blob, one.layer.blob]
  for (const [i, { layer }] of [one, two].entries()) layer.blob = swapped[i] ?? ''
  const bytes = Buffer.from(JSON.stringify(document))
  const config = { ...manifest.config, digest: sha256(bytes), size: bytes.length }
  const upload = await fetch(`${at}/blobs/uploads/`, { method: 'POST' })
  const place = `${upload.headers.get('location')}&digest=${encodeURIComponent(config.digest)}`
  const type = { 'content-type': 'application/octet-stream' }
  const sent = await fetch(new URL(place, at), { method: 'PUT', body: bytes, headers: type })
  const body = JSON.stringify({ ...manifest, config })
  const put = await fetch(`${at}/manifests/${tag}`, { method: 'PUT', body, headers: { 'content-type': manifestType } })
  if (sent.status !== 201 || put.status !== 201) throw new Error(`${sent.status} ${put.status}`)
}

describe.skipIf(!able)(
  `F06 a cache whose records have each other's layers (root, busybox; ${noDockerRegistry})`,
  () => {
    let machines: Machines
    beforeAll(async () => {
      machines = await openMachines()
    })
    afterAll(() => machines[Symbol.asyncDispose]())
    const dockerfile = 'FROM scratch\nCOPY a /one/\nCOPY b /two/\n'

    async function poisoned(name: string) {
      const one = await machines.machine(dockerfile)
      const ref = `${machines.server.host}/swapped/${name}:cache`
      const honest = await buildOn(one, { cacheTo: [{ type: 'registry', ref, mode: 'max' }] })
      await swapLayers(machines.server.host, `swapped/${name}`, 'cache')
      const other = await machines.machine(dockerfile)
      const build = (options: Partial<BuildOptions>) =>
        buildOn(other, { cacheFrom: [{ type: 'registry', ref }], ...options })
      return { honest, other, build }
    }

    it('changes no archive: the steps are run', async () => {
      const { other, build } = await poisoned('archive')
      const { events, ran } = await build({ outputs: [{ type: 'oci', dest: 'out', tar: false }], tags: ['app:1'] })
      expect(ran).toHaveLength(2)
      expect(noticesOf(events)).toContain('has a layer that cannot be used')
      const bundle = `${other.directory}/bundle`
      runProgram('umoci', 'unpack', '--rootless', '--image', `${other.directory}/out:1`, bundle)
      expect(String(runProgram('cat', `${bundle}/rootfs/one/a`))).toBe('a')
    })

    it('changes nothing that is pushed to another registry', async () => {
      await using elsewhere = await startDockerRegistry()
      const { build } = await poisoned('pushed')
      const { ran } = await build({ outputs: [{ type: 'registry' }], tags: [`${elsewhere.host}/app:1`] })
      expect(ran).toHaveLength(2)
    })
  },
)
