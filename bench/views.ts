/**
 * What each view costs: `node scripts/bundle.ts && node bench/views.ts [--rounds N] [--only WORKLOAD,…]`, as root. Builds with
 * each `--progress` in turns, and the commands that look at builds; ratios are to the same build with `--progress=none`.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { openBase, usualBase } from './base.ts'
import { freshStore } from './builders/tsbuild.ts'
import { run } from './command.ts'
import { median } from './statistics.ts'
import { asMarkdown, asText, inSeconds, type Table } from './table.ts'
import { type Usage, usageOf } from './usage.ts'
import { openWorld, remove, tsbuildCommand } from './world.ts'

/** Something to build, and how. */
interface Workload {
  readonly name: string
  readonly words: string
  readonly flags: readonly string[]
  readonly dockerfile: string
}

/** One line of the table. */
interface Row {
  readonly name: string
  readonly words: readonly string[]
  readonly isOnTerminal?: boolean
}

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, only: { type: 'string' }, markdown: { type: 'boolean' } },
})
const image = 'tsbuild-bench/views:1'
/** `COPY lines /lines` has 10,000 of them. */
const printing = (times: number, pause: string) =>
  `FROM busybox\nCOPY lines /lines\nRUN i=0; while [ $i -lt ${times} ]; do cat /lines; ${pause}i=$((i+1)); done\n`
const again = ['--no-cache']
const workloads: readonly Workload[] = [
  { name: 'true', words: 'RUN true', flags: again, dockerfile: 'FROM busybox\nRUN true\n' },
  { name: 'steady', words: '100,000 lines a second for 5 s', flags: again, dockerfile: printing(50, 'sleep 0.1; ') },
  { name: 'burst', words: '1,000,000 lines at full speed', flags: again, dockerfile: printing(100, '') },
  { name: 'steps', words: '1,000 steps in 20 stages', flags: again, dockerfile: manySteps(20, 50) },
  { name: 'cached', words: 'the same, nothing changed', flags: [], dockerfile: manySteps(20, 50) },
]
const modes = ['none', 'quiet', 'plain', 'ordered', 'github', 'rawjson']

const root = resolve(import.meta.dirname, '..')
const place = process.env['TSBUILD_BENCH_DIR'] ?? '/var/tmp/tsbuild-bench'
const world = openWorld(place, join(root, 'bin/tsbuild.js'))
try {
  const base = await openBase(world, root, usualBase(root))
  const table: (readonly string[])[] = [['workload', 'view', 'elapsed', '', 'user', 'system', 'user + system']]
  const wanted = values.only?.split(',')
  for (const workload of workloads.filter(({ name }) => wanted?.includes(name) ?? true)) {
    const store = join(world.folder, 'store')
    await freshStore(world, base, store)
    table.push(...(await measured(workload, store)))
  }
  console.log((values.markdown ? asMarkdown : asText)(table))
} finally {
  await remove(world.folder)
}

/** All rows in turns, forwards and backwards, so that what else the machine does meets all alike. */
async function measured(workload: Workload, store: string): Promise<Table> {
  const context = join(world.folder, workload.name)
  mkdirSync(context)
  writeFileSync(join(context, 'Dockerfile'), workload.dockerfile)
  const line = (i: number) => `${String(i).padStart(5)} a line of output as compilers and package managers print them\n`
  writeFileSync(join(context, 'lines'), Array.from({ length: 10_000 }, (_, i) => line(i)).join(''))
  const rows = rowsOf(workload, context)
  const samples = new Map(rows.map(({ name }): [string, Usage[]] => [name, []]))
  const sample = ({ words, isOnTerminal = false }: Row) =>
    usageOf(world, { ...tsbuildCommand(world, store, ...words), cwd: context }, isOnTerminal)
  await run({ ...tsbuildCommand(world, store, ...(rows[0]?.words ?? [])), cwd: context })
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const row of round % 2 === 0 ? rows : rows.toReversed()) samples.get(row.name)?.push(await sample(row))
    process.stderr.write(`${workload.name} ${round + 1} of ${values.rounds}\n`)
  }
  const middle = (name: string, of: (usage: Usage) => number) => median((samples.get(name) ?? []).map(of))
  const times = (name: string, of: (usage: Usage) => number) => {
    return name === 'none' ? '' : `${(middle(name, of) / middle('none', of)).toFixed(2)} ×`
  }
  return rows.map(({ name }) => [
    workload.name,
    name,
    inSeconds(middle(name, ({ elapsed }) => elapsed)),
    times(name, ({ elapsed }) => elapsed),
    inSeconds(middle(name, ({ user }) => user)),
    inSeconds(middle(name, ({ system }) => system)),
    times(name, ({ user, system }) => user + system),
  ])
}

/** The first one is the floor. What looks at builds finds that of the row before it, or at the beginning of a round of the last. */
function rowsOf({ flags }: Workload, context: string): readonly Row[] {
  const build = ['build', ...flags, '-t', image]
  const none = [...build, '--progress=none']
  return [
    ...modes.map((mode) => ({ name: mode, words: [...build, `--progress=${mode}`, context] })),
    { name: 'tty', words: [...build, '--progress=tty', context], isOnTerminal: true },
    { name: '--report', words: [...none, '--report', join(world.folder, 'report.html'), context] },
    { name: 'plan', words: ['plan', context] },
    { name: 'why', words: ['why'] },
    { name: 'context', words: ['context', context] },
    { name: 'explore --json', words: ['explore', image, '--json', '-'] },
  ]
}

/** Stages that stand side by side, and one that takes something from each. */
function manySteps(stages: number, steps: number): string {
  const all = Array.from({ length: stages }, (_, stage) => stage)
  const lines = (stage: number) => Array.from({ length: steps }, (_, step) => `WORKDIR /${stage}/${step}\n`).join('')
  const stageOf = (stage: number) => `FROM busybox AS s${stage}\n${lines(stage)}`
  const last = all.map((stage) => `COPY --from=s${stage} /${stage} /${stage}\n`).join('')
  return `${all.map(stageOf).join('')}FROM busybox\n${last}`
}
