import { describe, expect, test } from 'vitest'
import type { DiskUsage, PruneOptions, PruneResult, UsageEntry } from '../../../src/index.ts'
import { runCommandLine } from '../command-line.ts'

const hourAgo = new Date(Date.now() - 3_600_000).toISOString()
const layer: UsageEntry = {
  id: 'k3v9',
  type: 'regular',
  description: 'run make',
  parents: ['base'],
  created: '2026-01-02T03:04:05.000Z',
  lastUsed: hourAgo,
  uses: 2,
  mutable: false,
  inUse: false,
  shared: true,
  size: 8220,
  sharedSize: 220,
  reclaimable: 8000,
}
const mount: UsageEntry = {
  ...layer,
  id: '0jty',
  type: 'exec.cachemount',
  parents: [],
  mutable: true,
  shared: false,
  size: 1000,
  sharedSize: 0,
  reclaimable: 1000,
}
const usage: DiskUsage = { entries: [layer, mount], shared: 220, private: 9000, reclaimable: 9000, total: 9220 }

describe('du', () => {
  const du = (...flags: readonly string[]) => runCommandLine(['du', ...flags], { diskUsage: async () => usage })

  test('prints a table as buildx does, and the sums', async () => {
    expect(await du()).toEqual({
      status: 0,
      stderr: '',
      stdout: `ID        RECLAIMABLE   SIZE      LAST ACCESSED
k3v9      true          8.22kB*   About an hour ago
0jty*     true          1kB       About an hour ago
Shared:        220B
Private:       9kB
Reclaimable:   9kB
Total:         9.22kB
`,
    })
  })

  test('--format takes json and templates with values that have their kind', async () => {
    const [first = ''] = (await du('--format=json')).stdout.split('\n')
    expect(JSON.parse(first)).toMatchObject({
      ID: 'k3v9',
      Parents: ['base'],
      Reclaimable: true,
      Size: '8.22kB',
      Type: 'regular',
    })
    expect((await du('--format', '{{.ID}} {{if .Shared}}shared{{end}} {{.UsageCount}}')).stdout).toBe(
      'k3v9 shared 2\n0jty  2\n',
    )
  })

  test('--verbose prints a block for each', async () => {
    expect((await du('--verbose')).stdout).toContain(
      'Shared:        true\nSize:          8.22kB\nDescription:   run make\nUsage count:   2\nLast used:     About an hour ago\nType:          regular\n\n',
    )
  })

  test.each([
    [['--filter', 'tpye=regular'], 'did you mean'],
    [['--filter', 'type=container'], 'types: regular, image, internal'],
    [['--filter', 'type=regullar'], 'did you mean "regular"?'],
    [['--filter', 'type'], 'write --filter type=VALUE'],
    [['--filter', 'inuse=maybe'], 'inuse=true or inuse=false'],
    [['--filter', 'until=7d'], 'write 24h'],
    [['--filter', 'description~=('], 'not a regular expression'],
    [['--verbose', '--format=json'], 'exclude each other'],
  ])('%j is refused', async (flags, message) => {
    expect(await du(...flags)).toMatchObject({ status: 125, stderr: expect.stringContaining(message) })
  })
})

describe('prune', () => {
  const result: PruneResult = {
    removed: [{ ...layer, why: 'nothing needs it' }],
    total: 8000,
    left: 0,
    needed: 0,
    othersHere: false,
  }
  const prune = async (...flags: readonly string[]) => {
    const asked: PruneOptions[] = []
    const ran = await runCommandLine(['prune', ...flags], {
      prune: async (options) => {
        asked.push(options)
        return result
      },
    })
    return { ...ran, asked }
  }

  test('asks for what its flags say', async () => {
    const limits = ['--max-used-space=10g', '--min-free-space=20%', '--reserved-space=512']
    const { asked } = await prune(
      '-af',
      ...limits,
      '--filter',
      'until=24h',
      '--filter=type!=regular',
      '--filter',
      'shared',
    )
    expect(asked).toEqual([
      {
        all: true,
        dryRun: false,
        filters: [
          { key: 'type', operator: '!=', value: 'regular' },
          { key: 'shared', operator: '=', value: 'true' },
        ],
        unusedFor: 86_400_000,
        maxUsedSpace: 10 * 2 ** 30,
        minFreeSpace: '20%',
        reservedSpace: 512,
      },
    ])
    expect((await prune('-f', '--keep-duration=90m')).asked).toMatchObject([{ all: false, unusedFor: 5_400_000 }])
  })

  test('prints what went, with what that gave back', async () => {
    expect((await prune('-f')).stdout).toBe(
      'ID        RECLAIMABLE   SIZE      LAST ACCESSED\nk3v9      true          8kB       About an hour ago\nTotal: 8kB\n',
    )
  })

  test('a limit that removes nothing says why', async () => {
    const ran = await runCommandLine(['prune', '-af', '--max-used-space=20mb'], {
      prune: async () => ({ removed: [], total: 0, left: 14_900_000, needed: 16_800_000, othersHere: false }),
    })
    expect(ran.stderr).toBe(
      'note: nothing was to be removed: 14.9MB of 20mb are used; what images with a name need, 16.8MB, is not counted\n',
    )
  })

  test('--dry-run says why, and asks nobody', async () => {
    const { stdout, asked } = await prune('--dry-run')
    expect(stdout).toMatch(
      /^ID +TYPE +SIZE +LAST ACCESSED +WHY +DESCRIPTION\nk3v9 +regular +8kB .* nothing needs it +run make\nTotal: 8kB\n$/,
    )
    expect(asked).toMatchObject([{ dryRun: true }])
  })

  test.each([
    [[], 'add -f'],
    [['-f', '--max-used-space=200%'], 'at most 100%'],
    [['-f', '--reserved-space=much'], 'write 64m'],
    [['-f', '--keep-storage=1g'], 'write prune --max-used-space, or --reserved-space'],
  ])('%j is refused where there is no terminal', async (flags, message) => {
    const ran = await prune(...flags)
    expect(ran).toMatchObject({ status: 125, stderr: expect.stringContaining(message), asked: [] })
  })
})
