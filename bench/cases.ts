import { deepRace } from './deep.ts'
import {
  bareNode,
  bareRunAndTar,
  copyAndTar,
  copyOfBlob,
  type Floor,
  nodeAndFind,
  runcRuns,
  seconds,
  tar,
  tarAndPigz,
} from './floors.ts'
import type { Mode, Target } from './job.ts'
import { pullRace } from './pull.ts'
import { type OpenRace, ordinaryRace } from './race.ts'

/** A row of the benchmark, or more when there are several floors. */
export interface Case {
  readonly workload: string
  readonly mode: Mode
  readonly to: Target
  /** 0: only the memory is looked at. */
  readonly rounds: number
  readonly open: OpenRace
}

/** A floor, and the ratio to it that is to be reached, when one is. */
export interface FloorGoal {
  readonly floor: Floor
  readonly reach?: number
  /** When the ratio counts. */
  readonly only?: string
}

/** All processes of tsbuild together, whatever they do: 250 MB. */
export const memoryLimit = 250e6

/** Ten rounds and one for what takes a moment; five, and three for what takes long or waits. */
const [quick, usual, slow] = [11, 5, 3]

const noop: readonly FloorGoal[] = [{ floor: bareNode, reach: 2 }]
const noopTree: readonly FloorGoal[] = [{ floor: nodeAndFind, reach: 2 }]

/** The workloads in their modes, with the goals of the project. */
export const cases: readonly Case[] = [
  row('small', 'cold', usual),
  row('small', 'noop', quick, ...noop),
  row('small', 'touch', usual),
  row('runs', 'cold', usual, { floor: runcRuns(20), reach: 1.25 }),
  row('runs', 'noop', quick, ...noop),
  row('stages', 'cold', slow, { floor: seconds(2), reach: 1.15 }),
  row('stages', 'noop', quick, { floor: bareNode }),
  row('tree', 'cold', usual, { floor: tar, reach: 2 }),
  row('tree', 'again', usual, { floor: tar, reach: 2 }),
  { ...row('tree', 'cold', usual, { floor: tarAndPigz, reach: 1.2 }), to: 'oci' },
  row('tree', 'noop', quick, ...noopTree),
  row('tree', 'touch', usual, { floor: tar, reach: 1.5 }),
  row(
    'treerun',
    'cold',
    usual,
    { floor: tar, reach: 3, only: 'with EROFS' },
    { floor: copyAndTar, reach: 1, only: 'with overlay' },
  ),
  row('treerun', 'noop', quick, { floor: nodeAndFind }),
  row('treerun', 'touch', usual, { floor: tar }),
  row('rundiff', 'cold', usual, { floor: bareRunAndTar, reach: 1 }),
  row('rundiff', 'noop', quick, ...noop),
  row('big', 'cold', usual, { floor: copyOfBlob, reach: 1.6 }),
  row('big', 'again', slow, { floor: copyOfBlob, reach: 1.6 }),
  row('big', 'noop', quick, ...noop),
  row('big', 'touch', slow, { floor: copyOfBlob }),
  { workload: 'pull', mode: 'cold', to: 'store', rounds: usual, open: pullRace({ reach: 1.5 }) },
  { workload: 'deep', mode: 'step', to: 'store', rounds: usual, open: deepRace({ reach: 1.2 }) },
  row('layer4g', 'cold', 0),
  { ...row('layer4g', 'cold', 0), to: 'oci' },
]

function row(workload: string, mode: Mode, rounds: number, ...goals: readonly FloorGoal[]): Case {
  return { workload, mode, to: 'store', rounds, open: ordinaryRace(goals) }
}
