import type { Base } from './base.ts'
import type { Peer } from './builders/peer.ts'
import { type Subject, tsbuild } from './builders/tsbuild.ts'
import type { Case, FloorGoal } from './cases.ts'
import { run } from './command.ts'
import type { Job } from './job.ts'
import type { Contender } from './measure.ts'
import type { Workload } from './workloads.ts'
import { onShelf, type World } from './world.ts'

/** What is measured side by side for one case. */
export interface Race {
  readonly subject: Subject
  readonly floors: readonly RaceFloor[]
  readonly peers: readonly Contender[]
  /** Ends what ran for it, when all is measured. */
  close(): Promise<void>
}

export interface RaceFloor extends Pick<FloorGoal, 'reach' | 'only'> {
  readonly contender: Contender
}

/** All that the cases share. */
export interface Setting {
  readonly world: World
  readonly base: Base
  readonly peers: readonly Peer[]
}

export type OpenRace = (setting: Setting, workload: Workload, its: Case) => Promise<Race>

/** A folder with a Dockerfile, built as it lies there. */
export function ordinaryRace(goals: readonly FloorGoal[]): OpenRace {
  return async (setting, workload, its) => {
    const context = onShelf(setting.world, workload)
    await warm(context)
    let version = 0
    const touch = () => workload.touch?.(context, ++version)
    const job: Job = { ...jobOf(setting, its), context, touch }
    return {
      subject: tsbuild(job),
      floors: goals.map(({ floor, ...goal }) => ({ ...goal, contender: floor(job) })),
      peers: its.mode === 'again' ? [] : peersOf(setting, job),
      close: async () => workload.touch?.(context, 0),
    }
  }
}

export function jobOf({ world, base }: Setting, { mode, to }: Case): Omit<Job, 'context'> {
  return { world, base, mode, to, folder: world.folder, touch: () => undefined }
}

export function peersOf({ peers }: Setting, job: Job): readonly Contender[] {
  return peers.map((peer) => peer.contender(job)).filter((contender) => contender !== undefined)
}

/** Reads all of a folder, so that no sample has to wait for the disk. tar reads nothing when it writes to /dev/null itself. */
async function warm(folder: string): Promise<void> {
  await run({ argv: ['sh', '-c', 'tar cf - -C "$1" . | cat > /dev/null', 'sh', folder] })
}
