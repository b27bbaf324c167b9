import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../bench/random.ts'
import type { Build } from './builds.ts'
import { damage, leftovers, namesIn } from './look.ts'
import { type Place, run, start } from './place.ts'

/** An image as it has to be, and the archive of it. */
export interface Expected {
  readonly id: string
  readonly archive: string
}

/** What goes on from round to round. */
export interface Torture {
  readonly place: Place
  readonly builds: readonly Build[]
  readonly expected: ReadonlyMap<string, Expected>
  readonly random: Random
  /** Names that the store has to have. */
  readonly names: Map<string, string>
  /** Milliseconds that the last whole build took, by what was to be done. */
  readonly lasts: Map<string, number>
  readonly counts: { whole: number; killed: number }
}

const nothingToDo = { share: 0.1, how: 'cached' } as const
const works = [
  { share: 0.45, how: 'no-cache' },
  { share: 0.65, how: 'no cache folder' },
  { share: 0.9, how: 'new store' },
  { share: 1, how: nothingToDo.how },
] as const

/** Kills one build, looks what became of the store, and builds again. @returns what was wrong */
export async function playRound(torture: Torture): Promise<readonly string[]> {
  const { place, builds, random, names, lasts } = torture
  const chance = random.number()
  const how = works.find(({ share }) => chance < share)?.how ?? nothingToDo.how
  const build = builds[Math.floor(random.number() * builds.length)]
  if (!build) throw new Error('there is nothing to build')
  if (how === 'new store') names.clear()
  prepare(place, how)
  const moment = (lasts.get(how) ?? 3000) * random.number() * 1.05
  const words = how === 'no-cache' ? ['--no-cache', ...build.words] : build.words
  const wasKilled = await killAfter(place, words, moment)
  torture.counts[wasKilled ? 'killed' : 'whole']++
  const after = [...(await damage(place)), ...wrongNames(torture, build), ...wrongArchive(torture, build)]
  const again = await run(place, ...build.words)
  torture.counts.whole++
  names.set(build.name, torture.expected.get(build.name)?.id ?? '')
  const failed = again.status === 0 ? [] : [`the next build: exit ${again.status}: ${again.stderr.slice(-2000)}`]
  const faults = [...after, ...failed, ...wrongNames(torture), ...wrongArchive(torture, build, true)]
  if (how !== nothingToDo.how) learn(torture, how, again.milliseconds)
  return [...faults, ...(await leftovers(place))].map(
    (fault) => `${build.name}, ${how}, ${Math.round(moment)} ms: ${fault}`,
  )
}

function prepare({ store }: Place, how: string): void {
  const gone = how === 'new store' ? [''] : how === 'no cache folder' ? ['cache', 'trees'] : []
  for (const name of gone) rmSync(path.join(store, name), { recursive: true, force: true })
}

/** @returns false when it ended before */
async function killAfter(place: Place, words: readonly string[], milliseconds: number): Promise<boolean> {
  const { child, ended } = start(place, words)
  await Promise.race([sleep(milliseconds), ended])
  child.kill('SIGKILL')
  return (await ended).status === null
}

/** The moments of the next kills lie within what such a build takes. */
function learn({ lasts }: Torture, how: string, milliseconds: number): void {
  lasts.set(how, Math.max(milliseconds, (lasts.get(how) ?? 0) * 0.8))
}

/** @param unsure a build that may or may not have come to naming its image */
function wrongNames(torture: Torture, unsure?: Build): readonly string[] {
  const found = namesIn(torture.place)
  const faults: string[] = []
  for (const [name, id] of torture.names)
    if (found.get(name) !== id) faults.push(`${name} is ${found.get(name)}, was ${id}`)
  for (const [name, id] of found) {
    const right = torture.expected.get(name)?.id
    if (id !== right) faults.push(`${name} is ${id}, not ${right}`)
    if (!torture.names.has(name) && name !== unsure?.name) faults.push(`${name} was never built`)
  }
  return faults
}

/** An archive is there as a whole or not at all. */
function wrongArchive({ place, expected }: Torture, build: Build, required = false): readonly string[] {
  const file = path.join(place.folder, 'out', build.archive)
  if (!existsSync(file)) return required ? [`${build.archive} is missing`] : []
  return digestOf(file) === expected.get(build.name)?.archive ? [] : [`${build.archive} has other bytes`]
}

export function digestOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}
