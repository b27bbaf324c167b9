import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readLimits } from '../src/cli/flags/limit.ts'
import { sha256 } from '../src/digest/index.ts'
import { machinePlatform, mediaTypes } from '../src/image/index.ts'
import { build, type HistoryOptions, type LimitOptions, TsbuildError } from '../src/index.ts'
import { type LimitName, limitTable } from '../src/limits.ts'
import { createBudget } from '../src/planner/words/index.ts'
import { checkExpansion, compressionLimits } from '../src/tree/compression/bomb.ts'
import { recordingBuild, runCommandLine } from './cli/command-line.ts'
import { tsbuild } from './support/command-line.ts'
import { blobOf, contentsOf, descriptorOf, fakeImage, serve } from './support/fake-image.ts'
import { startServer } from './support/http-server.ts'
import { tar } from './support/tar.ts'
import { openWorkspace, type Workspace } from './support/workspace.ts'

let workspace: Workspace
beforeAll(async () => {
  workspace = await openWorkspace()
})
afterAll(() => workspace[Symbol.asyncDispose]())

/** The numbers of the table in SECURITY-CASES.md. */
const table: Readonly<Record<LimitName, number>> = {
  'dockerfile-bytes': 16 * 2 ** 20,
  'expanded-value': 2 ** 20,
  'expanded-values': 64 * 2 ** 20,
  'manifest-bytes': 4 * 2 ** 20,
  'config-bytes': 8 * 2 ** 20,
  'json-depth': 64,
  'index-depth': 4,
  'token-bytes': 2 ** 20,
  'header-bytes': 64 * 2 ** 10,
  redirects: 5,
  'link-steps': 255,
  'archive-entries': 5_000_000,
  'archive-bytes': 256 * 2 ** 30,
  'archive-ratio': 1000,
  'path-bytes': 4096,
  'path-depth': 512,
  'pax-bytes': 2 ** 20,
  'sparse-parts': 65_536,
  'zstd-window': 128 * 2 ** 20,
  'account-bytes': 10 * 2 ** 20,
}

test('the default of each limit is the one of the table', () => {
  expect(Object.fromEntries(Object.entries(limitTable).map(([name, limit]) => [name, limit.default]))).toEqual(table)
})

test('docs/limits.md lists each limit with its default, what it may be at most, and of what', () => {
  const page = readFileSync(path.join(import.meta.dirname, '../docs/limits.md'), 'utf8')
  const rows = [...page.matchAll(/^\| `([\w-]+)` \| (\S+) \| (\S+) \| (.+) \|$/gm)].map(([, ...cells]) => cells)
  const shown = Object.entries(limitTable).map(([name, limit]) => [name, limit.default, limit.most, limit.about])
  expect(rows.map(([name, usual, most, about]) => [name, numberOf(usual), numberOf(most), about])).toEqual(shown)
})

function numberOf(cell = ''): number {
  if (cell === '-') return Number.MAX_SAFE_INTEGER
  const [, digits, unit = ''] = /^(\d+)([kmg]?)$/.exec(cell) ?? []
  return Number(digits) * 1024 ** ['', 'k', 'm', 'g'].indexOf(unit)
}

const everything = 'FROM scratch\nCOPY . /\n'
const accounts = tar('d etc/', 'f etc/passwd=me:x:5:6::/:', 'f x=1')
const small = tar('f x=1')
const sparse = { name: 'a', body: 'ab', pax: { 'GNU.sparse.map': '0,1,5,1', 'GNU.sparse.size': '6' } }
const image = fakeImage()

/** A build that takes exactly so much of a limit, and what it is told when that is one less. */
interface Case {
  readonly limit: LimitName
  readonly takes: number
  readonly code: string
  readonly dockerfile?: string
  /** Of the context. */
  readonly archive?: Buffer
}

const long = 'FROM scratch\nCOPY x /\nENV A=1234567890123456\n'
const cases: readonly Case[] = [
  { limit: 'dockerfile-bytes', takes: long.length, code: 'TSB_DOCKERFILE_TOO_LARGE', dockerfile: long, archive: small },
  { limit: 'expanded-value', takes: 16, code: 'TSB_EXPANSION_LIMIT', dockerfile: long, archive: small },
  { limit: 'archive-entries', takes: 3, code: 'TSB_ARCHIVE_ENTRIES', archive: tar('f a=1', 'f b=2', 'f c=3') },
  { limit: 'archive-bytes', takes: 5, code: 'TSB_ARCHIVE_BOMB', archive: tar('f a=123', 'f b=45') },
  { limit: 'path-bytes', takes: 4, code: 'TSB_ARCHIVE_NAME', archive: tar('f abc=1') },
  { limit: 'path-depth', takes: 3, code: 'TSB_ARCHIVE_DEPTH', archive: tar('f a/b/c=1') },
  { limit: 'pax-bytes', takes: 13, code: 'TSB_ARCHIVE_PAX', archive: tar({ name: 'a', pax: { comment: 'x' } }) },
  { limit: 'sparse-parts', takes: 2, code: 'TSB_ARCHIVE_SPARSE', archive: tar(sparse) },
  { limit: 'zstd-window', takes: small.length, code: 'TSB_ARCHIVE_WINDOW', archive: zstdCompressSync(small) },
  {
    limit: 'link-steps',
    takes: 2,
    code: 'TSB_PATH_LOOP',
    dockerfile: 'FROM scratch\nCOPY two/x /\n',
    archive: tar('d real/', 'f real/x=1', 's one->real', 's two->one'),
  },
  {
    limit: 'account-bytes',
    takes: 'me:x:5:6::/:'.length,
    code: 'TSB_ACCOUNT_FILE',
    dockerfile: 'FROM scratch\nCOPY . /\nCOPY --chown=me x /y\n',
    archive: accounts,
  },
]

/** The code of the error that a build of an archive ends with; undefined when it does not. */
async function failure({ dockerfile = everything, archive = small }: Partial<Case>, limits: LimitOptions) {
  try {
    await build(
      { context: '-', dockerfile, limits, noCache: true },
      { ...workspace.environment, stdin: Readable.from([archive]) },
    )
    return undefined
  } catch (error) {
    if (error instanceof TsbuildError) return error
    throw error
  }
}

describe('what a build takes of a limit', () => {
  test.each(cases)('$limit: so much is taken, and one more is $code', async (one) => {
    const { limit, takes, code } = one
    expect(await failure(one, { [limit]: takes })).toBeUndefined()
    const error = await failure(one, { [limit]: takes - 1 })
    expect(error?.code).toBe(code)
    if (limit !== 'expanded-value') expect(error?.hint).toContain(`--limit ${limit}=`)
  })

  test('expanded-values: so many characters are taken, with 32 for each value, and not one more', async () => {
    const budget = createBudget({ dockerfile: 1, value: 1, values: 100 })
    budget.spend(68, undefined)
    expect(() => createBudget({ dockerfile: 1, value: 1, values: 100 }).spend(69, undefined)).toThrow('100 characters')
    expect(await failure({ dockerfile: long }, { 'expanded-values': 400 })).toBeUndefined()
    expect((await failure({ dockerfile: long }, { 'expanded-values': 40 }))?.code).toBe('TSB_EXPANSION_LIMIT')
  })

  test('a plan that is remembered from a build with higher limits is not used', async () => {
    const dockerfile = `${long}LABEL remembered=1\n`
    expect(await failure({ dockerfile }, {})).toBeUndefined()
    expect((await failure({ dockerfile }, { 'expanded-value': 10 }))?.code).toBe('TSB_EXPANSION_LIMIT')
  })

  test('archive-ratio: so many bytes out for each byte in, and not one more', async () => {
    const limits = compressionLimits({ ...table, 'archive-ratio': 70 })
    checkExpansion(70 * 2 ** 20, 2 ** 20, limits)
    expect(() => checkExpansion(70 * 2 ** 20 + 1, 2 ** 20, limits)).toThrow('grows more than 70 times')
    const zeros = gzipSync(tar({ name: 'x', body: Buffer.alloc(65 * 2 ** 20) }), { level: 1 })
    const dockerfile = everything
    const error = await failure({ dockerfile, archive: zeros }, { 'archive-ratio': 20 })
    expect([error?.code, error?.hint]).toEqual(['TSB_ARCHIVE_BOMB', expect.stringContaining('--limit archive-ratio=')])
  })

  test.each([
    ['manifest-bytes', image.manifest.bytes.length],
    ['config-bytes', image.config.bytes.length],
  ] as const)('%s: a registry may send so much, and not one byte more', async (limit, size) => {
    await using server = await startServer(serve(contentsOf('app', 'latest', image)))
    const dockerfile = `FROM ${server.host}/app\nENV A=1\n`
    expect((await failure({ dockerfile }, { [limit]: size - 1 }))?.code).toBe('TSB_DOCUMENT_TOO_LARGE')
    // The layer is no tar: what is asked for is that its manifest and config were taken.
    expect((await failure({ dockerfile }, { [limit]: size }))?.code).not.toBe('TSB_DOCUMENT_TOO_LARGE')
  })

  test('link-steps: so many links are followed in a context, an image and a base, and not one more', async () => {
    const archive = tar('d real/', 'f real/x=1', 's one->real', 's two->one', 's three->two')
    const copied = 'FROM scratch AS files\nCOPY . /\nFROM scratch\nCOPY --from=files three/x /\n'
    expect(await failure({ dockerfile: copied, archive }, { 'link-steps': 3 })).toBeUndefined()
    expect((await failure({ dockerfile: copied, archive }, { 'link-steps': 2 }))?.code).toBe('TSB_PATH_LOOP')
    const through = blobOf(tar('d real/', 's one->real', 's two->one', 'f two/x=1'), mediaTypes.layerTar)
    await using server = await startServer(serve(contentsOf('app', 'latest', fakeImage({ layer: through }))))
    const dockerfile = `FROM scratch\nCOPY --from=${server.host}/app real/x /\n`
    expect((await failure({ dockerfile }, { 'link-steps': 1 }))?.code).toBe('TSB_PATH_LOOP')
    expect(await failure({ dockerfile }, { 'link-steps': 2 })).toBeUndefined()
  })

  test('json-depth: so deep a config of a registry may nest, and not one level more', async () => {
    const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)])
    const nested = fakeImage({ config: { ...JSON.parse(image.config.bytes.toString()), more: deep(9) } })
    await using server = await startServer(serve(contentsOf('app', 'latest', nested)))
    const dockerfile = `FROM ${server.host}/app\nENV A=1\n`
    const error = await failure({ dockerfile }, { 'json-depth': 9 })
    expect([error?.code, error?.hint]).toEqual(['TSB_DOCUMENT_FORMAT', expect.stringContaining('--limit json-depth=')])
    expect((await failure({ dockerfile }, { 'json-depth': 10 }))?.code).not.toBe('TSB_DOCUMENT_FORMAT')
  })

  test('index-depth: so many indexes may lie in one another, and not one more', async () => {
    const platform = { os: 'linux', architecture: machinePlatform(process.arch).architecture }
    const around = (inner: ReturnType<typeof blobOf>) =>
      blobOf({ schemaVersion: 2, manifests: [{ ...descriptorOf(inner), platform }] }, mediaTypes.index)
    const inner = around(image.manifest)
    const outer = around(inner)
    const contents = new Map([
      ...contentsOf('app', 'x', image),
      [`app/manifests/${sha256(inner.bytes)}`, inner] as const,
      ['app/manifests/latest', outer] as const,
    ])
    await using server = await startServer(serve(contents))
    const dockerfile = `FROM ${server.host}/app\nENV A=1\n`
    const error = await failure({ dockerfile }, { 'index-depth': 1 })
    expect([error?.code, error?.hint]).toEqual(['TSB_INDEX_DEPTH', expect.stringContaining('--limit index-depth=')])
    expect((await failure({ dockerfile }, { 'index-depth': 2 }))?.code).not.toBe('TSB_INDEX_DEPTH')
  })

  test('token-bytes: so long the answer of a token server may be, and not one byte longer', async () => {
    const answer = '{"token":"T"}'
    const files = serve(contentsOf('app', 'latest', image))
    await using server = await startServer((request, response) => {
      const challenge = { 'www-authenticate': `Bearer realm="http://${request.headers.host}/token"` }
      if (request.url?.startsWith('/token')) response.end(answer)
      else if (request.headers.authorization === 'Bearer T') files(request, response)
      else response.writeHead(401, challenge).end()
    })
    const dockerfile = `FROM ${server.host}/app\nENV A=1\n`
    const error = await failure({ dockerfile }, { 'token-bytes': answer.length - 1 })
    expect([error?.code, error?.hint]).toEqual([
      'TSB_DOCUMENT_TOO_LARGE',
      expect.stringContaining('--limit token-bytes='),
    ])
    expect((await failure({ dockerfile }, { 'token-bytes': answer.length }))?.code).not.toBe('TSB_DOCUMENT_TOO_LARGE')
  })

  test('redirects: so many are followed, by registries and by ADD, and not one more', async () => {
    const files = serve(contentsOf('app', 'latest', image))
    await using server = await startServer((request, response) => {
      const [, hops = '0', rest = ''] = /^\/(?:hop(\d))?(.*)$/.exec(request.url ?? '') ?? []
      if (Number(hops) < 3)
        response.writeHead(307, { location: `/hop${Number(hops) + 1}/${rest.replace(/^\//, '')}` }).end()
      else if (rest === '/file') response.end('hi')
      else files(Object.assign(request, { url: rest }), response)
    })
    for (const dockerfile of [
      `FROM ${server.host}/app\nENV A=1\n`,
      `FROM scratch\nADD http://${server.host}/file /\n`,
    ]) {
      const error = await failure({ dockerfile }, { redirects: 2 })
      expect([error?.code, error?.hint]).toEqual(['TSB_URL_REDIRECT', expect.stringContaining('--limit redirects=')])
      expect((await failure({ dockerfile }, { redirects: 3 }))?.code).not.toBe('TSB_URL_REDIRECT')
    }
  })

  test('header-bytes: so many bytes of names and values an answer may have, and not one more', async () => {
    const header = { 'content-length': '2', connection: 'close', 'x-pad': 'a'.repeat(300) }
    const size = Object.entries({ ...header, OK: '' }).reduce((sum, pair) => sum + pair.join('').length, 0)
    await using server = await startServer((_, response) => {
      response.sendDate = false
      response.writeHead(200, header).end('hi')
    })
    const dockerfile = `FROM scratch\nADD http://${server.host}/file /\n`
    const error = await failure({ dockerfile }, { 'header-bytes': size - 1 })
    expect([error?.code, error?.hint]).toEqual(['TSB_HTTP_HEADER', expect.stringContaining('--limit header-bytes=')])
    expect(await failure({ dockerfile }, { 'header-bytes': size })).toBeUndefined()
  })

  test('a zstd window above the default is taken when the limit says so', async () => {
    const params = { [constants.ZSTD_c_windowLog]: 14 }
    const archive = zstdCompressSync(tar({ name: 'x', body: Buffer.alloc(2 ** 16, 'ab') }), { params })
    expect(await failure({ archive }, { 'zstd-window': 2 ** 17 })).toBeUndefined()
    expect((await failure({ archive }, { 'zstd-window': 2 ** 13 }))?.code).toBe('TSB_ARCHIVE_WINDOW')
  })

  test('ADD of an archive is held against the same limits', async () => {
    const archive = tar({ name: 'in.tar', body: tar('f a=1', 'f b=1', 'f c=1', 'f d=1') })
    const dockerfile = 'FROM scratch\nADD in.tar /\n'
    expect(await failure({ dockerfile, archive }, { 'archive-entries': 4 })).toBeUndefined()
    expect((await failure({ dockerfile, archive }, { 'archive-entries': 3 }))?.code).toBe('TSB_ARCHIVE_ENTRIES')
  })

  test('the layer of a base image is held against the same limits', async () => {
    const layer = blobOf(tar('f a=1', 'f b=1', 'f c=1'), mediaTypes.layerTar)
    await using server = await startServer(serve(contentsOf('app', 'latest', fakeImage({ layer }))))
    const dockerfile = `FROM scratch\nCOPY --from=${server.host}/app a /\n`
    expect((await failure({ dockerfile }, { 'archive-entries': 2 }))?.code).toBe('TSB_ARCHIVE_ENTRIES')
    expect(await failure({ dockerfile }, { 'archive-entries': 3 })).toBeUndefined()
  })
})

describe('values', () => {
  test('a name that no limit has is an error with the nearest one', () => {
    expect(() => readLimits(['archive-entrys=5'], {})).toThrow(
      expect.objectContaining({ code: 'TSB_FLAG', hint: 'did you mean "archive-entries"?' }),
    )
    expect(() => readLimits([], { TSBUILD_LIMITS: 'a=1' })).toThrow('TSBUILD_LIMITS: there is no limit a')
  })

  test.each(['archive-entries', 'archive-entries=', '=5', 'archive-entries=5k', 'path-depth=0', 'path-depth=-1'])(
    '--limit %s is an error',
    (text) => expect(() => readLimits([text], {})).toThrow(expect.objectContaining({ code: 'TSB_FLAG' })),
  )

  test.each(Object.entries(limitTable).filter(([, { most }]) => most < Number.MAX_SAFE_INTEGER))(
    '%s may be what it may be at most, and no more',
    (name, { most }) => {
      expect(readLimits([`${name}=${most}`], {})).toEqual({ [name]: most })
      expect(() => readLimits([`${name}=${most + 1}`], {})).toThrow(`invalid value for --limit ${name}`)
    },
  )

  test('sizes have units, and the flag is stronger than the variable', () => {
    const env = { TSBUILD_LIMITS: 'archive-bytes=1g,path-depth=7' }
    expect(readLimits(['archive-bytes=512g'], env)).toEqual({ 'archive-bytes': 512 * 2 ** 30, 'path-depth': 7 })
    expect(readLimits([], {})).toBeUndefined()
  })

  test.each([
    [{ 'archive-entrys': 1 }, 'did you mean "archive-entries"?'],
    [{ 'path-depth': 0 }, 'a whole number from 1 to 32768'],
    [{ 'path-depth': 1.5 }, 'a whole number from 1 to 32768'],
  ])('the library refuses %j', async (limits, hint) => {
    expect(await failure({}, limits as LimitOptions)).toMatchObject({ code: 'TSB_LIMIT', hint })
  })
})

describe('the command line', () => {
  const limits = { 'archive-entries': 2, 'path-depth': 9 }
  const env = { TSBUILD_LIMITS: 'archive-entries=1,path-depth=9' }

  test('build and history hand --limit and TSBUILD_LIMITS on', async () => {
    const { asked, build } = recordingBuild()
    await runCommandLine(['build', '--limit', 'archive-entries=2', '.'], { build }, env)
    const history: LimitOptions[] = []
    const rows = { rows: [], compressed: false }
    const take = async (_: string, given: HistoryOptions) => {
      history.push(given.limits ?? {})
      return rows
    }
    await runCommandLine(['history', '--limit', 'archive-entries=2', 'app'], { history: take }, env)
    expect([asked[0]?.limits, ...history]).toEqual([limits, limits])
  })

  test('load and import hold an archive against --limit and TSBUILD_LIMITS', async () => {
    const file = path.join(workspace.directory, 'two.tar')
    writeFileSync(file, tar('f a=1', 'f b=1'))
    const lower = { ...workspace, variables: env }
    const loaded = await tsbuild(workspace, 'load', '-i', file, '--limit', 'archive-entries=1')
    expect([loaded.status, loaded.stderr]).toEqual([1, expect.stringContaining('more than 1 entries')])
    const imported = await tsbuild(lower, 'import', file)
    expect([imported.status, imported.stderr]).toEqual([1, expect.stringContaining('--limit archive-entries=')])
    expect((await tsbuild(lower, 'import', '--limit', 'archive-entries=2', file)).status).toBe(0)
  })
})
