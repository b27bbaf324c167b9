import { describe, expect, test } from 'vitest'
import { type ImagesFlags, imagesText } from '../../../src/cli/commands/images.ts'
import { filterImages } from '../../../src/cli/flags/image-filter.ts'
import type { ImageSummary } from '../../../src/index.ts'

const now = Date.UTC(2026, 7, 2)
const digest = `sha256:${'d'.repeat(64)}`
const remote = `sha256:${'e'.repeat(64)}`
const platforms = [{ os: 'linux', architecture: 'amd64' }]
const images = [
  {
    id: `sha256:${'a'.repeat(64)}`,
    names: ['app:1', 'app:latest'],
    digest,
    registryDigests: { 'app:1': remote },
    labels: { team: 'a', empty: '' },
    created: '2026-08-01T23:59:00Z',
    size: 61_200_000,
    platforms: [...platforms, { os: 'linux', architecture: 'arm', variant: 'v7' }],
  },
  {
    id: `sha256:${'b'.repeat(64)}`,
    names: ['127.0.0.1:5000/db:8'],
    digest,
    registryDigests: {},
    labels: {},
    size: 0,
    platforms,
  },
  {
    id: `sha256:${'c'.repeat(64)}`,
    names: [],
    digest,
    registryDigests: {},
    labels: {},
    created: '2026-07-01T00:00:00Z',
    size: 12,
    platforms,
  },
]

function text(flags: Partial<ImagesFlags> = {}, only?: string): string {
  return `\n${imagesText(images, only, { trunc: true, ...flags }, now)}`
}

describe('images', () => {
  test('is a table with a row for each name', () => {
    expect(text()).toBe(`
REPOSITORY          TAG       IMAGE ID       CREATED              SIZE
app                 1         aaaaaaaaaaaa   About a minute ago   61.2MB
app                 latest    aaaaaaaaaaaa   About a minute ago   61.2MB
127.0.0.1:5000/db   8         bbbbbbbbbbbb   N/A                  0B
<none>              <none>    cccccccccccc   4 weeks ago          12B
`)
  })

  test('.Platform is each platform of an index', () => {
    expect(text({ format: '{{.Platform}}' }, 'app:1')).toBe('\nlinux/amd64,linux/arm/v7\n')
  })

  test('-q prints each id once', () => {
    expect(text({ quiet: true })).toBe('\naaaaaaaaaaaa\nbbbbbbbbbbbb\ncccccccccccc\n')
  })

  test('a repository or a name narrows it', () => {
    expect(text({ quiet: true }, 'app')).toBe('\naaaaaaaaaaaa\n')
    expect(text({ format: '{{.Tag}}' }, 'app:1')).toBe('\n1\n')
  })

  test('* in it stands for letters but /', () => {
    expect(text({ format: '{{.ID}}' }, '*p')).toBe('\naaaaaaaaaaaa\naaaaaaaaaaaa\n')
    expect(text({ quiet: true }, '*/d?:8')).toBe('\nbbbbbbbbbbbb\n')
    expect(text({ quiet: true }, '*')).toBe('\naaaaaaaaaaaa\n')
  })

  test.each([
    [['reference=app:l*'], ['app:latest']],
    [
      ['reference=*:1', 'reference=*/*'],
      ['app:1', '127.0.0.1:5000/db:8'],
    ],
    [['dangling=true'], ['<none>']],
    [
      ['dangling=false', 'label=team'],
      ['app:1', 'app:latest'],
    ],
    [
      ['label=team=a', 'label=empty='],
      ['app:1', 'app:latest'],
    ],
    [['label=team=b'], []],
    [['before=app'], ['127.0.0.1:5000/db:8', '<none>']],
    [['since=old'], ['app:1', 'app:latest']],
  ])('--filter %j', async (filters, names) => {
    const [app, , old] = images
    const found = await filterImages(filters, images, async (name) => (name === 'app' ? app : old) as ImageSummary)
    expect(found.flatMap((image) => (image.names.length === 0 ? ['<none>'] : image.names))).toEqual(names)
  })

  test.each(['label', 'label=', 'danglin=true', 'dangling=maybe', 'reference'])(
    '--filter %s is wrong',
    async (text) => {
      await expect(filterImages([text], images, async () => images[0] as ImageSummary)).rejects.toThrow(
        `invalid value for --filter: ${text}`,
      )
    },
  )

  test('--digests are those of registries, by name; --no-trunc', () => {
    const [, , pushed, other] = text({ digests: true, trunc: false }).split('\n')
    expect(pushed).toContain(`1         ${remote}   sha256:${'a'.repeat(64)}`)
    expect(other).toMatch(/latest +<none> +sha256:a/)
  })

  test('a name with a digest has a repository, and no tag', () => {
    const name = `127.0.0.1:5000/db@${remote}`
    const [image] = images
    if (!image) throw new Error('no image')
    const pulled = { ...image, names: [name], registryDigests: { [name]: remote } }
    const lines = (only: string) =>
      imagesText([pulled], only, { trunc: true, format: '{{.Repository}} {{.Tag}} {{.Digest}}' }, now)
    expect(lines(name)).toBe(`127.0.0.1:5000/db <none> ${remote}\n`)
    expect(lines('127.0.0.1:5000/db')).toBe(lines(name))
    expect(lines('127.0.0.1')).toBe('')
  })
})
