import { describe, expect, test } from 'vitest'
import { mediaTypes } from '../../src/image/index.ts'
import { type BuildEvent, openImages } from '../../src/index.ts'
import { blobOf, contentsOf, fakeImage, serve } from '../support/fake-image.ts'
import { startServer } from '../support/http-server.ts'
import { tar } from '../support/tar.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const dockerfile = 'FROM scratch\nCOPY base /\nCOPY app /app\n'

async function opened(): Promise<Workspace> {
  const workspace = await openWorkspace()
  workspace.write({ 'context/base': 'b'.repeat(100_000), 'context/app/a': 'a'.repeat(1000) })
  return workspace
}

async function namesIn({ environment }: Workspace): Promise<readonly string[]> {
  const images = await openImages(environment, {})
  return (await images.list().finally(images.close)).flatMap(({ names, size }) =>
    names.map((name) => `${name} ${size}`),
  )
}

describe('an image that may not be', () => {
  test('larger than --max-size is not named: the error has the step, its files and the place', async () => {
    await using workspace = await opened()
    const refused = workspace.build({ dockerfile, tags: ['app'], maxSize: 50_000 })
    await expect(refused).rejects.toMatchObject({ code: 'TSB_IMAGE_TOO_LARGE', at: { start: { line: 1 } } })
    await expect(refused).rejects.toThrow(
      /^the image has 10\dkB, and --max-size allows 50kB: \[1\/2\] COPY base \/ 10\dkB, .*; largest: \/base 100kB$/,
    )
    expect(await namesIn(workspace)).toEqual([])
    await workspace.build({ dockerfile, tags: ['app'], maxSize: 200_000 })
    expect(await namesIn(workspace)).toHaveLength(1)
  })

  test('grown by more than --max-growth: the error has the step and what grew, and the old image keeps its name', async () => {
    await using workspace = await opened()
    const notices: string[] = []
    const build = (options: object) =>
      workspace.build({
        dockerfile,
        tags: ['app'],
        maxGrowth: '5%',
        ...options,
        onEvent: (event) => void (event.type === 'notice' && notices.push(event.message)),
      })
    await build({})
    expect(notices).toEqual([
      'warning: --max-growth: nothing to compare with: no image app:latest is in the store so far; --compare-to app:latest looks in its registry too',
    ])
    // Also when all is cached.
    await build({ tags: ['never'] })
    expect(notices[1]).toContain('nothing to compare with: no image never:latest is in the store so far')
    const before = await namesIn(workspace)
    workspace.write({ 'context/app/a': 'a'.repeat(4000), 'context/app/big': 'b'.repeat(9000) })
    const refused = build({})
    await expect(refused).rejects.toMatchObject({ code: 'TSB_IMAGE_GREW', at: { start: { line: 2 } } })
    await expect(refused).rejects.toThrow(
      'the image grew by 12kB (11.9%) against app:latest, and --max-growth allows 5%, most of it by [2/2] COPY app /app (13kB); largest: /app/big 9kB, /app/a 1kB → 4kB',
    )
    expect(await namesIn(workspace)).toEqual(before)
    await expect(build({ maxGrowth: 11_000 })).rejects.toMatchObject({ code: 'TSB_IMAGE_GREW' })
    const { result } = await build({ maxGrowth: '12%' })
    expect(result.build?.images[0]?.growth).toMatchObject({ against: 'app:latest' })
    await expect(build({ tags: ['other'], maxGrowth: 0, compareTo: 'app' })).resolves.toBeDefined()
  })

  test('is held against an image of a registry too, of which only layers of its own are fetched', async () => {
    await using workspace = await opened()
    const layer = blobOf(tar({ name: 'app/a', body: 'a'.repeat(1000) }), mediaTypes.layerTar)
    await using server = await startServer(serve(contentsOf('app', 'main', fakeImage({ layer }))))
    const compareTo = `${server.host}/app:main`
    const refused = workspace.build({ dockerfile, tags: ['app'], maxGrowth: '50%', compareTo })
    await expect(refused).rejects.toThrow(
      `the image grew by 100kB (10000.0%) against ${compareTo}, and --max-growth allows 50%, most of it by [1/2] COPY base / (100kB); largest: /base 100kB`,
    )
  })

  test('with one that is nowhere fails before any step', async () => {
    await using workspace = await opened()
    const events: BuildEvent[] = []
    const unknown = workspace.build({
      dockerfile,
      maxGrowth: 0,
      compareTo: '127.0.0.1:1/nosuch',
      onEvent: (event) => void events.push(event),
    })
    await expect(unknown).rejects.toThrow('--compare-to: no image 127.0.0.1:1/nosuch in the store, and cannot reach ')
    expect(events.filter((event) => 'label' in event && /COPY/.test(event.label))).toEqual([])
  })

  test('is held against the files of the other one, whatever the store makes of them', async () => {
    await using workspace = await openWorkspace()
    // 50 files of 1 byte are 50 bytes, and an archive of 50 kB.
    const small = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`context/base/${i}`, 'b']))
    workspace.write({ ...small, 'context/app/a': 'a'.repeat(50) })
    const build = () => workspace.build({ dockerfile, tags: ['app'], maxGrowth: '20%' })
    await build()
    workspace.write({ 'context/app/a': 'a'.repeat(100) })
    await expect(build()).rejects.toThrow(
      'the image grew by 50B (50.0%) against app:latest, and --max-growth allows 20%',
    )
  })
})
