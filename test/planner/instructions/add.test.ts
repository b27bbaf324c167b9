// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are Dockerfiles
import { describe, expect, it } from 'vitest'
import { type CopyOp, opId, type Plan, printPlan } from '../../../src/graph/index.ts'
import { opsOf, planError, planText, rowsOf } from '../../support/planning.ts'

const planLines = (lines: string) => planText(`FROM scratch\n${lines}\n`)
const errorOf = (lines: string) => planError(`FROM scratch\n${lines}\n`)
const zeros = (algorithm: string, digits: number) => `${algorithm}:${'0'.repeat(digits)}`

async function copyOf(lines: string): Promise<CopyOp> {
  const copy = opsOf(await planLines(lines), 'copy').at(-1)
  if (!copy) throw new Error('no ADD was planned')
  return copy
}

/** Each source as the kind of op that it is from, its path, and whether it is unpacked. */
async function sourcesOf(lines: string): Promise<readonly string[]> {
  const plan = await planLines(lines)
  const kinds = new Map(plan.nodes.map(({ id, op }) => [id, op.kind]))
  return (opsOf(plan, 'copy').at(-1)?.sources ?? []).map(
    ({ from, path, unpack }) => `${kinds.get(from)} ${path}${unpack ? ' unpacked' : ''}`,
  )
}

describe('ADD of a URL', () => {
  it('is a file with the name of the last piece of its path', async () => {
    const plan = await planLines('ADD https://x.test/a/b.tgz?c#d /e/')
    expect(opsOf(plan, 'http')).toEqual([{ kind: 'http', url: 'https://x.test/a/b.tgz?c', name: 'b.tgz' }])
    expect(opsOf(plan, 'copy')[0]).toMatchObject({ dest: '/e/', sources: [{ path: 'b.tgz' }] })
  })

  it('needs no build context', async () => {
    expect(opsOf(await planLines('ADD https://x.test/f /'), 'context')).toEqual([])
  })

  it('is unpacked only with --unpack=true, a local archive unless --unpack=false', async () => {
    const add = (flag: string) => sourcesOf(`ADD ${flag} https://x.test/f f /`)
    expect(await add('')).toEqual(['http f', 'context f unpacked'])
    expect(await add('--unpack')).toEqual(['http f unpacked', 'context f unpacked'])
    expect(await add('--unpack=false')).toEqual(['http f', 'context f'])
  })

  it('stands beside local files, repositories and heredocs, in the order of the instruction', async () => {
    const lines = 'ADD <<A a https://x.test/f https://x.test/r.git#main b /d/\nA'
    expect(await sourcesOf(lines)).toEqual(['context a unpacked', 'http f', 'git /', 'context b unpacked'])
    expect((await copyOf(lines)).inline).toEqual([{ name: 'A', text: '' }])
  })

  it('has its variables filled in', async () => {
    const plan = await planLines('ENV V=1.2\nARG HOST=x.test\nADD https://$HOST/v${V%.*}/f-$V.tar /')
    expect(opsOf(plan, 'http')).toEqual([{ kind: 'http', url: 'https://x.test/v1/f-1.2.tar', name: 'f-1.2.tar' }])
    expect(rowsOf(plan).at(-1)).toBe('ADD https://x.test/v1/f-1.2.tar / # buildkit')
  })

  it('takes a name with wildcards as it is', async () => {
    const path = async (url: string) => (await copyOf(`ADD ["${url}", "/d/"]`)).sources[0]?.path
    expect(await path('https://x.test/a[1]*?.txt')).toBe('a[[]1][*]')
    expect(await path('https://x.test/a%5b1%5d%5c%3f')).toBe('a[[]1][\\\\][?]')
  })

  it('asked for twice is fetched once, with the login of either', async () => {
    const plan = await planLines('ADD https://x.test/f /a\nADD https://me:pass@x.test/f /b')
    expect(plan.nodes.filter(({ op }) => op.kind === 'http').map(({ login }) => login)).toEqual([
      { user: 'me', password: 'pass' },
    ])
  })

  it('--chown, --chmod, --link and --exclude are those of the copy', async () => {
    expect(await copyOf('ADD --chown=1:2 --link --exclude=x https://x.test/f /')).toMatchObject({
      chown: '1:2',
      link: true,
      excludes: ['x'],
    })
    expect(await copyOf('ADD --chmod=755 --link https://x.test/f /')).toMatchObject({ chmod: '755', link: false })
  })

  it('a text that is no URL is refused where it stands', async () => {
    const error = await errorOf('ADD a https://x.test:port/f /')
    expect(error).toMatchObject({ code: 'TSB_URL', at: { start: { line: 1, column: 6 } } })
  })
})

describe('ADD of a git repository', () => {
  it('takes the files at its root', async () => {
    const plan = await planLines('ADD --keep-git-dir git@x.test:a/b.git#v1:docs /d')
    expect(opsOf(plan, 'git')).toMatchObject([
      { remote: 'git@x.test:a/b.git', ref: 'v1', subdir: 'docs', keepGitDir: true },
    ])
    expect(rowsOf(plan)).toEqual(['ADD git@x.test:a/b.git#v1:docs /d # buildkit'])
  })

  it('of an http URL only when its path ends in .git; github.com/… is a local path', async () => {
    expect(await sourcesOf('ADD https://x.test/a.git https://x.test/a github.com/a/b /d/')).toEqual([
      'git /',
      'http a',
      'context github.com/a/b unpacked',
    ])
  })

  it('what flag and URL say differently is refused where it stands', async () => {
    const error = await errorOf('ADD --keep-git-dir=false https://x.test/a.git?keep-git-dir=1 /')
    expect(error).toMatchObject({
      message: 'inconsistent keep-git-dir configuration',
      at: { start: { line: 1, column: 25 } },
    })
  })
})

describe('ADD --checksum', () => {
  const message = async (lines: string) => (await errorOf(lines)).message

  it('is part of what is fetched', async () => {
    for (const checksum of [zeros('sha256', 64), zeros('sha384', 96), zeros('sha512', 128)]) {
      const plan = await planLines(`ARG SUM=${checksum}\nADD --checksum=$SUM https://x.test/f /`)
      expect(opsOf(plan, 'http')).toMatchObject([{ checksum }])
      expect(rowsOf(plan).at(-1)).toBe('ADD https://x.test/f / # buildkit')
    }
    expect(opsOf(await planLines('ADD --checksum=abcdef1 https://x.test/r.git /'), 'git')).toMatchObject([
      { checksum: 'abcdef1' },
    ])
  })

  it('is for one remote source', async () => {
    const sum = zeros('sha256', 64)
    expect(await message(`ADD --checksum=${sum} a /`)).toBe('checksum requires HTTP(S) or Git sources')
    expect(await message(`ADD --checksum=${sum} a b /`)).toBe("checksum can't be specified for multiple sources")
    expect(await message(`ADD --checksum=${sum} https://x.test/a b /`)).toContain('multiple sources')
    expect(await message(`ADD --checksum=${sum} <<A /\nA`)).toContain('multiple sources')
  })

  it('of a URL is a digest', async () => {
    const add = (checksum: string) => message(`ADD --checksum=${checksum} https://x.test/f /`)
    expect(await add('foo')).toBe('invalid checksum digest format')
    expect(await add('sha256:')).toBe('invalid checksum digest format')
    expect(await add('md5:00')).toBe('unsupported digest algorithm')
    expect(await add('sha256:00')).toBe('invalid checksum digest length')
    expect(await add(`sha256:${'A'.repeat(64)}`)).toBe('invalid checksum digest format')
  })

  it('that comes out empty counts as none', async () => {
    const plan = await planLines('ADD --checksum=$NOPE https://x.test/f /')
    expect(opsOf(plan, 'http')[0]?.checksum).toBeUndefined()
  })
})

describe('C14 user and password of a URL', () => {
  const shown = (plan: Plan) =>
    JSON.stringify([printPlan(plan), plan.image, plan.nodes.map(({ op, label }) => [op, label])])

  it('are with the node that fetches, and nowhere else', async () => {
    const urls = ['https://me:CANARY@x.test/f', '"https://CANARY@x.test/r.git#main"', 'ssh://me:CANARY@x.test/r.git']
    for (const url of urls) {
      const plan = await planLines(`ARG TOKEN=CANARY\nADD ${url.replace('CANARY', '$TOKEN')} /d/\nADD ${url} /e/`)
      expect(shown(plan).replaceAll('ARG TOKEN=CANARY', '')).not.toContain('CANARY')
      expect(plan.nodes.flatMap(({ login }) => login?.password ?? login?.user ?? [])).toEqual(['CANARY'])
    }
  })

  it('do not make another op', async () => {
    const op = async (url: string) => opsOf(await planLines(`ADD ${url} /`), 'http').map(opId)
    expect(await op('https://me:CANARY@x.test/f')).toEqual(await op('https://x.test/f'))
  })

  it('are in no error', async () => {
    const lines = ['ADD --checksum=foo https://me:CANARY@x.test/f /', 'ADD https://me:CANARY@x.test:y/f /']
    for (const line of [...lines, 'COPY https://me:CANARY@x.test/f /'])
      expect(JSON.stringify([(await errorOf(line)).message, (await errorOf(line)).hint])).not.toContain('CANARY')
  })

  it('of a trigger are in no error of who is built on it', async () => {
    const base = { architecture: 'amd64', os: 'linux', config: { OnBuild: ['COPY https://me:CANARY@x.test/f /'] } }
    const image = { ...base, rootfs: { type: 'layers' as const, diff_ids: [] } }
    const error = await planError('FROM base\n', {}, { base: image })
    expect(error.message).toContain('ONBUILD COPY https://x.test/f /')
    expect(error.message).not.toContain('CANARY')
  })
})

describe('ADD of local files', () => {
  it('unpacks archives unless it is told not to', async () => {
    expect((await copyOf('ADD a.tar /')).sources[0]?.unpack).toBe(true)
    expect((await copyOf('ADD --unpack=false a.tar /')).sources[0]?.unpack).toBeUndefined()
    expect((await copyOf('COPY a.tar /')).sources[0]?.unpack).toBeUndefined()
  })
})
