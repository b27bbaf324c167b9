import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../src/digest/index.ts'
import { mediaTypes } from '../../src/image/index.ts'
import { type BuildForecast, type BuildOptions, forecast } from '../../src/index.ts'
import { reasonText } from '../../src/reason-text.ts'
import { busyboxBase, hasBusyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import { blobOf, contentsOf, fakeImage, serve } from '../support/fake-image.ts'
import { startServer } from '../support/http-server.ts'
import { tar } from '../support/tar.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const dockerfile =
  'FROM scratch AS build\nCOPY a /\nCOPY b /\nFROM scratch\nARG V=1\nCOPY --from=build / /\nCOPY <<E /v\n$V\nE\n'

async function opened(): Promise<Workspace> {
  const workspace = await openWorkspace()
  workspace.write({ 'context/a': '1', 'context/b': '2' })
  return workspace
}

const foresee = ({ environment }: Workspace, options: Partial<BuildOptions> = {}) =>
  forecast({ context: 'context', dockerfile, ...options }, environment)

/** `hit`, `miss: b changed`, `unknown <- [build 2/2] …`, for each step that makes a layer. */
function outcomes({ steps }: BuildForecast): readonly string[] {
  const labelOf = (id: string) => steps.find((step) => step.id === id)?.label
  return steps.flatMap(({ forecast }) => {
    if (forecast.kind === 'source') return []
    if (forecast.kind === 'hit') return 'hit'
    if (forecast.kind === 'unknown') return `unknown <- ${labelOf(forecast.until)}`
    return `miss: ${reasonText(forecast.reason)}`
  })
}

describe('a forecast', () => {
  test('of a build that was never made says what runs and what depends on it, and makes nothing', async () => {
    await using workspace = await opened()
    const plan = await foresee(workspace)
    expect(outcomes(plan)).toEqual([
      'miss: never built here',
      'unknown <- [build 1/2] COPY a /',
      'unknown <- [build 2/2] COPY b /',
      'unknown <- [stage-1 1/2] COPY --from=build / /',
    ])
    expect(plan.done).toBe(false)
    expect(readdirSync(join(workspace.directory, 'store/oci/blobs/sha256'))).toEqual([])
  })

  test('of one that was made has nothing to run; so a build after it runs nothing', async () => {
    await using workspace = await opened()
    await workspace.build({ dockerfile })
    const plan = await foresee(workspace)
    expect([outcomes(plan), plan.done]).toEqual([['hit', 'hit', 'hit', 'hit'], true])
    expect((await workspace.build({ dockerfile })).ran).toEqual([])
  })

  test('names the file or the value that changed, and a build then runs what it said', async () => {
    await using workspace = await opened()
    await workspace.build({ dockerfile })
    workspace.write({ 'context/b': '3' })
    const plan = await foresee(workspace)
    expect(outcomes(plan).slice(0, 3)).toEqual(['hit', 'miss: b changed', 'unknown <- [build 2/2] COPY b /'])
    const { ran, cached } = await workspace.build({ dockerfile })
    expect(cached).toEqual(['[build 1/2] COPY a /'])
    expect(ran[0]).toBe('[build 2/2] COPY b /')
  })

  test('names the step below that changed also when another build has run it by now', async () => {
    await using workspace = await opened()
    const staged = 'FROM scratch AS deps\nCOPY b /x/\nCOPY a /x/\nFROM deps\nCOPY b /\n'
    await workspace.build({ dockerfile: staged })
    workspace.write({ 'context/a': '3' })
    await workspace.build({ dockerfile: staged, target: 'deps' })
    expect(outcomes(await foresee(workspace, { dockerfile: staged }))).toEqual([
      'hit',
      'hit',
      'miss: step deps 2/2 changed',
    ])
  })

  test('--no-cache is a reason of its own, and known of every step', async () => {
    await using workspace = await opened()
    await workspace.build({ dockerfile })
    expect(outcomes(await foresee(workspace, { noCache: true }))).toEqual(Array(4).fill('miss: --no-cache'))
    const filtered = outcomes(await foresee(workspace, { noCache: ['build'] }))
    expect(filtered.slice(0, 3)).toEqual(['miss: --no-cache', 'miss: --no-cache', 'unknown <- [build 2/2] COPY b /'])
  })

  test('of a COPY without its source is the error that a build has', async () => {
    await using workspace = await opened()
    const asked = foresee(workspace, { dockerfile: 'FROM scratch\nCOPY nosuch /\n' })
    await expect(asked).rejects.toMatchObject({ code: 'TSB_COPY_SOURCE_MISSING', at: { start: { line: 1 } } })
  })

  test('counts the bytes of layers that a step would have to fetch, and fetches none', async () => {
    await using workspace = await opened()
    const layer = blobOf(tar('f x=1'), mediaTypes.layerTar)
    await using server = await startServer(serve(contentsOf('app', 'latest', fakeImage({ layer }))))
    const from = `FROM ${server.host}/app\n`
    const plan = await foresee(workspace, { dockerfile: `${from}COPY a /\nFROM scratch\nCOPY --from=0 x /\n` })
    expect(plan.pulls).toEqual([{ image: `${server.host}/app:latest`, layers: 1, bytes: layer.bytes.length }])
    expect((await foresee(workspace, { dockerfile: `${from}COPY a /\n` })).pulls).toEqual([])
    expect(server.requests.filter(({ path }) => path.includes('/blobs/')).length).toBeLessThanOrEqual(2)
    expect(server.requests.some(({ path }) => path.endsWith(sha256(layer.bytes)))).toBe(false)
  })

  test('what a URL gives is not asked: what depends on it is not known', async () => {
    await using workspace = await opened()
    await using server = await startServer((_, response) => response.end('hi'))
    const plan = await foresee(workspace, { dockerfile: `FROM scratch\nADD http://${server.host}/f /\n` })
    expect(outcomes(plan)[0]).toMatch(/^unknown <- /)
    expect(server.requests).toEqual([])
  })
})

describe('a forecast of commands', () => {
  const needed = hasBusyboxBase ? '' : `: ${noBusyboxBase}`
  test.skipIf(!hasBusyboxBase)(`names the variable that changed${needed}`, async () => {
    await using workspace = await opened()
    await workspace.import(busyboxBase(), 'busybox')
    const run = (value: string) => `FROM busybox\nENV A=${value}\nRUN echo $A > /a\n`
    await workspace.build({ dockerfile: run('1') })
    expect(outcomes(await foresee(workspace, { dockerfile: run('1') }))).toEqual(['hit'])
    expect(outcomes(await foresee(workspace, { dockerfile: run('2') }))).toEqual(['miss: ENV A 1 → 2'])
  })

  test('says before anything runs for which step there is no emulator', async () => {
    await using workspace = await opened()
    const foreign = fakeImage({ layer: blobOf(tar('f x=1'), mediaTypes.layerTar), config: { architecture: 'mips64' } })
    await using server = await startServer(serve(contentsOf('app', 'latest', foreign)))
    const asked = { dockerfile: `FROM ${server.host}/app\nCOPY a /\nRUN true\n`, platform: 'linux/mips64' }
    const [step] = (await foresee(workspace, asked)).steps.filter(({ kind }) => kind === 'run')
    expect(step?.emulates).toBe('linux/mips64')
    expect(step?.problem?.message).toContain('RUN true runs programs for linux/mips64')
    expect(step?.problem?.hint).toContain('FROM --platform=$BUILDPLATFORM')
  })
})
