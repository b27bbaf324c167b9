/**
 * Kills tsbuild with SIGKILL at random moments of builds that pull, copy, run, tag and write archives, and looks after each
 * kill whether anything was lost or left: `node scripts/torture.ts --kills 200 --seed 1 --minutes 60 [--as USER] [--runtime chroot]`. It ends with
 * status 1 when anything was. Needs docker-registry, skopeo and busybox-static, and what RUN needs.
 */
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { createRandom } from '../bench/random.ts'
import { startDockerRegistry } from '../test/support/docker-registry.ts'
import { findOrdinaryUser } from '../test/support/ordinary-user.ts'
import { pushBases, writeBuilds } from './torture/builds.ts'
import { must, type Place } from './torture/place.ts'
import { digestOf, type Expected, playRound, type Torture } from './torture/round.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    minutes: { type: 'string', default: '60' },
    as: { type: 'string' },
    runtime: { type: 'string', default: 'auto' },
  },
})
const [kills, seed, minutes] = [values.kills, values.seed, values.minutes].map(wholeNumber) as [number, number, number]
process.exitCode = (await torture(kills, seed, minutes, values.as, values.runtime)) ? 0 : 1

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${text} is no number`)
  return Number(text)
}

/** @returns true when nothing was wrong */
async function torture(
  kills: number,
  seed: number,
  minutes: number,
  user: string | undefined,
  runtime: string,
): Promise<boolean> {
  const place = openPlace(user)
  await using registry = await startDockerRegistry()
  try {
    await pushBases(place, registry)
    const builds = writeBuilds(place, registry.host, runtime)
    const expected = new Map<string, Expected>()
    for (const build of builds) {
      const own = { ...place, store: path.join(place.folder, 'expected') }
      const id = await must(own, '-q', ...build.words.filter((word) => !word.startsWith('--progress')))
      expected.set(build.name, { id, archive: digestOf(path.join(place.folder, 'out', build.archive)) })
      rmSync(path.join(place.folder, 'out', build.archive))
    }
    const counts = { whole: 0, killed: 0 }
    const state = { place, builds, expected, random: createRandom(seed), names: new Map(), lasts: new Map(), counts }
    return await play(state, kills, seed, minutes)
  } finally {
    rmSync(place.folder, { recursive: true, force: true })
  }
}

async function play(state: Torture, kills: number, seed: number, minutes: number): Promise<boolean> {
  const end = Date.now() + minutes * 60_000
  let faults = 0
  for (let round = 1; state.counts.killed < kills && Date.now() < end; round++) {
    for (const fault of await playRound(state)) {
      faults++
      console.error(`FAULT in round ${round}: ${fault}`)
    }
    if (faults > 50) throw new Error('this is enough')
    if (round % 20 === 0) console.log(`${state.counts.killed} kills, ${faults} faults`)
  }
  const { killed, whole } = state.counts
  console.log(`${killed} kills, ${killed + whole} builds, ${faults} faults; seed ${seed}`)
  if (faults > 0) console.error(`once more: npm run torture -- --kills ${kills} --seed ${seed}`)
  return faults === 0
}

/** On a disk, as stores are. */
function openPlace(name: string | undefined): Place {
  const folder = mkdtempSync('/var/tmp/tsbuild-torture-')
  if (name === undefined) return { folder, store: path.join(folder, 'store') }
  const user = findOrdinaryUser(import.meta.filename)
  if (user?.name !== name)
    throw new Error(`--as ${name}: no such user with a line in /etc/subuid who may read this checkout`)
  chmodSync(folder, 0o700)
  chownSync(folder, user.uid, user.gid)
  return { folder, store: path.join(folder, 'store'), user }
}
