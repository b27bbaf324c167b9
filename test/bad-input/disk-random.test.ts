import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createRandom } from '../../bench/random.ts'
import { busyboxBase, hasBusyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import { type Place, type Ran, tsbuild } from '../support/command-line.ts'
import { findingsIn } from '../support/fsck.ts'
import { runProgram } from '../support/programs.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const canMount = getuid?.() === 0 && spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'x', '/mnt']).status === 0
const able = canMount && hasBusyboxBase
const reason = hasBusyboxBase ? 'needs root, and mounts' : noBusyboxBase
const patience = { timeout: 240_000 }

interface SmallDisk {
  readonly place: Place
  readonly folder: string
}

describe.skipIf(!able)(`a disk that gets full at any point (${reason})`, () => {
  it.each([
    ['F14 bytes', 'size', 12_000_000, 'k'],
    ['F14 inodes', 'nr_inodes', 130, ''],
  ] as const)(
    '%s: one error, the store whole, and the next build with space is right',
    patience,
    async (_, option, enough, unit) => {
      await using workspace = await openWorkspace()
      await fill(workspace)
      const right = await withDisk(workspace, 'size=64m', async ({ place }) => buildAll(place))
      expect(right).toMatchObject({ status: 0 })
      const random = createRandom(14)
      const statuses: (number | null)[] = []
      for (let round = 0; round < 3; round++) {
        const limit = Math.ceil((enough * (0.15 + (0.55 * (round + random.number())) / 3)) / (unit ? 1024 : 1))
        await withDisk(workspace, `${option}=${limit}${unit}`, async ({ place, folder }) => {
          const ran = await buildAll(place)
          statuses.push(ran.status)
          if (ran.status !== 0) expectFull(ran)
          expect(await findingsIn({ ...workspace.environment, root: place.environment.root })).toEqual([])
          expect(namesBelow(place, 'tmp', 'locks')).toEqual([])
          runProgram('mount', '-o', 'remount,size=64m,nr_inodes=100000', folder)
          const again = await buildAll(place)
          expect(again).toMatchObject({ status: 0, stdout: right.stdout })
          expect(await findingsIn({ ...workspace.environment, root: place.environment.root })).toEqual([])
        })
      }
      expect(statuses.filter((status) => status === 102).length).toBeGreaterThan(1)
    },
  )
})

describe.skipIf(!able)(`a store that cannot be written to any more (${reason})`, () => {
  it('gives what is cached, and says one error for the rest', patience, async () => {
    await using workspace = await openWorkspace()
    await fill(workspace)
    await withDisk(workspace, 'size=64m', async ({ place, folder }) => {
      const before = await buildAll(place)
      runProgram('mount', '-o', 'remount,ro', folder)
      expect(await tsbuild(place, '-q', fixedTimes, '-f', 'Dockerfile', '-t', 'app', 'context')).toMatchObject({
        status: 0,
        stdout: before.stdout,
        stderr: '',
      })
      const ran = await tsbuild(
        place,
        '-q',
        '-f',
        'Dockerfile',
        '--build-arg=NEW=1',
        '--no-cache',
        '-t',
        'app',
        'context',
      )
      expect(ran).toMatchObject({ status: 1, stdout: '' })
      expect(ran.stderr.match(/^ERROR: .*/gm)).toEqual([
        expect.stringMatching(/cannot be written to: .* read-only \[TSB_STORE_READ_ONLY\]$/),
      ])
      expect(await tsbuild(place, 'doctor', '--fsck')).toMatchObject({ status: 0 })
    })
  })
})

const fixedTimes = '--build-arg=SOURCE_DATE_EPOCH=1000000000'

/** A base in an archive, and a context of a few large and many small files. */
async function fill(workspace: Workspace): Promise<void> {
  await workspace.import(busyboxBase(), 'busybox')
  const saved = await tsbuild(workspace, 'save', 'busybox', '-o', 'busybox.tar')
  expect(saved).toMatchObject({ status: 0 })
  const random = createRandom(3)
  mkdirSync(join(workspace.directory, 'context'))
  workspace.write({
    Dockerfile: `FROM busybox
COPY big /tmp/
RUN cp /tmp/big /made && touch -d @0 / /made
COPY small /tmp/
RUN rm /made && touch -d @0 /
`,
    'context/big': random.text(2_000_000),
    ...Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`context/small/${at}`, random.text(20_000)])),
  })
}

async function withDisk<T>(workspace: Workspace, options: string, work: (disk: SmallDisk) => Promise<T>): Promise<T> {
  const folder = join(workspace.directory, 'disk')
  mkdirSync(folder)
  runProgram('mount', '-t', 'tmpfs', '-o', options, 'tsbuild-test', folder)
  const unmount = () => void spawnSync('umount', [folder])
  onTestFinished(unmount)
  try {
    return await work({ folder, place: { ...workspace, environment: { root: join(folder, 'store') } } })
  } finally {
    unmount()
    rmSync(folder, { recursive: true })
  }
}

/** Image id of a build whose times are fixed, or the first command that failed. */
async function buildAll(place: Place): Promise<Ran> {
  const loaded = await tsbuild(place, 'load', '-q', '-i', 'busybox.tar')
  if (loaded.status !== 0) return loaded
  return tsbuild(place, '-q', fixedTimes, '-f', 'Dockerfile', '-t', 'app', 'context')
}

/** What a step itself has to say of it, it says. */
function expectFull({ status, stderr }: Ran): void {
  const errors = stderr.match(/^ERROR: .*/gm)
  expect(errors, stderr).toHaveLength(1)
  if (status === 1) expect(stderr).toMatch(/No space left on device/)
  else expect({ status, errors }).toEqual({ status: 102, errors: [expect.stringMatching(/no space left/i)] })
}

function namesBelow({ environment: { root } }: Place, ...folders: readonly string[]): readonly string[] {
  return folders.flatMap((folder) => readdirSync(join(root, folder)))
}
