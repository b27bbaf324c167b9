import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { env, getuid } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createRandom, type Random } from '../../bench/random.ts'
import { openImages } from '../../src/index.ts'
import { busyboxBase, hasBusyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import { hasGit, makeRepository, noGit } from '../support/git-repository.ts'
import { serveGit, serveWith } from '../support/git-server.ts'
import { type Built, openWorkspace, type Workspace } from '../support/workspace.ts'

const able = getuid?.() === 0 && hasBusyboxBase && hasGit
const needs = hasBusyboxBase ? (hasGit ? 'needs root' : noGit) : noBusyboxBase

/**
 * TSBUILD_DAMAGE=all: every file in every way; else one of each kind, in a way that the seed chooses, and in the second form of
 * layers those kinds alone that it has for itself.
 */
const takesAll = env['TSBUILD_DAMAGE'] === 'all'
const patience = takesAll ? 7_200_000 : 240_000

const ways: Readonly<Record<string, (file: string, random: Random) => void>> = {
  'cut short': (file) => truncateSync(file, Math.floor(lstatSync(file).size / 2)),
  'with another byte'(file, random) {
    const bytes = readFileSync(file)
    const at = Math.floor(random.number() * bytes.length)
    bytes[at] = (bytes[at] ?? 0) ^ 0x20
    writeFileSync(file, bytes)
  },
  'that is gone': (file) => rmSync(file),
  'that is a folder now'(file) {
    rmSync(file)
    mkdirSync(file)
  },
}

describe.skipIf(!able)(`a damaged cache (${needs})`, () => {
  it.each(['auto', 'overlay'] as const)(
    'costs time only: any of its files cut short, flipped, gone or a folder, with --snapshotter=%s',
    { timeout: patience },
    async (snapshotter) => {
      const world = await openWorld(snapshotter)
      const random = createRandom(5)
      const wrong: string[] = []
      for (const file of chosenFiles(
        world.root,
        random,
        snapshotter === 'overlay' ? /^(trees|cache\/(intact|layers|tars))/ : /^/,
      )) {
        for (const [way, damage] of chosenWays(random)) {
          if (!lstatSync(file, { throwIfNoEntry: false })?.isFile()) continue
          damage(file, random)
          const outcome = await world.look(file).catch((error: unknown) => error)
          const difference = differences(outcome, world.before)
          if (difference === '') continue
          wrong.push(`${file.slice(world.root.length)} ${way}: ${difference}`)
          rmSync(file, { recursive: true, force: true })
        }
      }
      expect(wrong).toEqual([])
    },
  )
})

function chosenWays(random: Random): readonly (readonly [string, (file: string, random: Random) => void])[] {
  const all = Object.entries(ways)
  const [one] = all.splice(Math.floor(random.number() * all.length), 1)
  return takesAll || !one ? [...all, ...(one ? [one] : [])] : [one]
}

it('a build works when of its files nothing is left but their survey, as after a kill', async () => {
  const workspace = await openWorkspace()
  onTestFinished(() => workspace[Symbol.asyncDispose]())
  workspace.write({
    'context/Dockerfile': 'FROM scratch\nCOPY files /\n',
    'context/files/a': '1',
    'context/files/b': '2',
  })
  await sleep(200) // younger files are not remembered
  const before = await workspace.build({ tags: ['app'], args: { SOURCE_DATE_EPOCH: '1' } })
  const cache = join(workspace.environment.root, 'cache')
  expect(readdirSync(cache)).toContain('surveys')
  for (const name of readdirSync(cache)) if (name !== 'surveys') rmSync(join(cache, name), { recursive: true })
  const after = await workspace.build({ tags: ['app'], args: { SOURCE_DATE_EPOCH: '1' } })
  expect(after.ran).toEqual(before.ran)
  expect(after.result.id).toBe(before.result.id)
})

/** A store in which every kind of file of the cache is. */
async function openWorld(snapshotter: 'auto' | 'overlay') {
  const workspace = await openWorkspace()
  onTestFinished(() => workspace[Symbol.asyncDispose]())
  const { origin } = await serveWith((_, response) => void response.writeHead(200, { etag: '"1"' }).end('fetched'))
  const served = join(workspace.directory, 'served')
  makeRepository(join(served, 'app.git')).commit({ 'from-git': 'of a commit' })
  const git = await serveGit(served)
  await importCompressed(workspace)
  workspace.write({
    'context/one': 'the first',
    'context/two': 'the second '.repeat(20_000),
    'context/Dockerfile': `FROM busybox
ADD ${origin}/fetched ${git.origin}/app.git /tmp/
COPY one two /tmp/
RUN cat /tmp/one /tmp/two > /made; ln /made /again; rm /etc/group; touch -d @0 /made /etc /tmp /
COPY --from=busybox /bin/busybox /tmp/
`,
    'context/look': `FROM app
ARG ROUND
RUN echo $ROUND > /round
COPY --from=busybox /bin/busybox /tmp/more/
COPY --from=app /made /tmp/* /tmp/more/
RUN find / -xdev -type f ! -name round | sort | xargs sha256sum
`,
  })
  let round = 0
  const args = { SOURCE_DATE_EPOCH: '1000000000' }
  /** @param damaged a file that other builds may need than one in which all is cached */
  const look = async (damaged: string) => {
    const dest = join(workspace.directory, 'out.tar')
    const { result } = await workspace.build({
      args,
      snapshotter,
      tags: ['app'],
      outputs: [{ type: 'oci', dest, tar: true }],
    })
    const built = { manifest: result.manifest.digest, archive: readFileSync(dest).length }
    if (!/\/(layers|tars|erofs|intact|trees)\//.test(damaged)) return built
    const seen = await workspace.build({ file: 'context/look', args: { ROUND: String(round++) }, snapshotter })
    return { ...built, files: printed(seen) }
  }
  const before = await look('/trees/')
  expect(before).toMatchObject({ files: expect.stringContaining('/tmp/more/from-git') })
  expect(await look('/trees/')).toEqual(before)
  return { root: workspace.environment.root, before, look }
}

/** Its layer is compressed, so that there is a plain tar of it in the cache. */
async function importCompressed({ environment, directory, import: importImage }: Workspace): Promise<void> {
  await importImage(busyboxBase(), 'busybox')
  const images = await openImages(environment)
  const archive = join(directory, 'busybox.tar')
  const { signal } = new AbortController()
  await images.save(['busybox'], { format: 'oci', dest: archive }, signal)
  await images.load(archive, signal)
  await images.close()
}

/** What is not as it was, for people. */
function differences(now: unknown, before: object): string {
  if (now instanceof Error) return inspect(now)
  const rest = Object.entries(Object(now)).filter(([name, value]) => Reflect.get(before, name) !== value)
  return rest.map(([name, value]) => `${name} is ${value}`).join('; ')
}

function printed({ events }: Built): string {
  return events
    .flatMap((event) => (event.type === 'step:log' ? [Buffer.from(event.bytes).toString('utf8')] : []))
    .join('')
}

/** Some files of each folder, in an order that the seed decides. */
function chosenFiles(root: string, random: Random, usual: RegExp): readonly string[] {
  const files = ['cache', 'trees'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  )
  const mixed = files
    .sort()
    .map((file) => ({ file, rank: random.number() }))
    .sort((a, b) => a.rank - b.rank)
  const kinds = Map.groupBy(mixed, ({ file }) => kindOf(file.slice(root.length + 1)))
  const wanted = [...kinds].filter(([kind]) => takesAll || usual.test(kind)).map(([, group]) => group)
  return wanted.flatMap((group) => group.slice(0, takesAll ? group.length : 1)).map(({ file }) => file)
}

/** `cache/records`, `cache/remotes/git/objects`, `trees` … */
function kindOf(path: string): string {
  const names = path.split('/').filter((name) => !/^[0-9a-f]{2}$|[0-9a-f]{20}/.test(name))
  return names[0] === 'trees' ? 'trees' : names.join('/')
}
