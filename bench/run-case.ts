import { type Case, memoryLimit } from './cases.ts'
import { isFailure, type Measured, measure } from './measure.ts'
import { type Peak, peakMemory } from './memory.ts'
import type { Race, Setting } from './race.ts'
import type { Result } from './report.ts'
import type { Workload } from './workloads.ts'
import { settle, type World } from './world.ts'

/** Measures one case: times side by side, then the memory in a run of its own. */
export async function runCase(setting: Setting, workload: Workload, its: Case): Promise<Result> {
  const race = await its.open(setting, workload, its)
  const { subject, floors, peers } = race
  const all = its.rounds > 0 ? [subject, ...floors.map((floor) => floor.contender), ...peers] : [subject]
  try {
    const [first, ...others] = await measure(all, its.rounds, settle)
    if (!first) throw new Error('nothing was measured')
    const { memory, tsbuild } = await withMemory(race, first, setting.world)
    return {
      workload: its.workload,
      mode: its.mode,
      to: its.to,
      tsbuild,
      floors: others.slice(0, floors.length).map((floor, at) => ({ ...floor, ...goalOf(floors[at]) })),
      peers: others.slice(floors.length),
      ...(memory && { memory }),
      memoryLimit,
    }
  } finally {
    for (const contender of all) await contender.tearDown?.()
    await race.close()
  }
}

function goalOf(floor: Race['floors'][number] | undefined) {
  const { reach, only } = floor ?? {}
  return { ...(reach !== undefined && { reach }), ...(only !== undefined && { only }) }
}

async function withMemory(
  { subject }: Race,
  tsbuild: Measured,
  world: World,
): Promise<{ readonly tsbuild: Measured; readonly memory?: Peak }> {
  if (tsbuild.failure !== undefined) return { tsbuild }
  try {
    await subject.before?.()
    return { tsbuild, memory: await peakMemory(subject.command, world.log) }
  } catch (error) {
    if (!isFailure(error)) throw error
    return { tsbuild: { ...tsbuild, failure: error.message } }
  }
}
