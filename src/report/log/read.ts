import type { BuildRecord, StepRecord } from '../../builds/index.ts'
import type { StepLog } from './block.ts'
import { readEnds } from './ends.ts'

/** Bytes of logs in a page, together. */
const room = 3 << 20
/** Of a step that failed, and of another one at least and at most. */
const shares = { failed: 512 << 10, least: 2 << 10, most: 64 << 10 } as const

/**
 * As much of the logs of a build as a page can bear, by the numbers of the steps.
 * @param fileOf where the log of a step is
 */
export async function readLogs(
  { steps }: BuildRecord,
  fileOf: (step: number) => string,
): Promise<ReadonlyMap<number, StepLog>> {
  const printed = steps.filter(({ log }) => log && log.bytes > 0)
  const share = Math.min(shares.most, Math.max(shares.least, Math.floor(room / Math.max(1, printed.length))))
  const logs = new Map<number, StepLog>()
  for (const { number, outcome } of printed) {
    const log = await readEnds(fileOf(number), outcome === 'error' ? shares.failed : share)
    if (log) logs.set(number, log)
  }
  for (const step of steps) if (printsNothing(step)) logs.set(step.number, silent)
  return logs
}

const silent: StepLog = { head: '', tail: '', left: 0, file: '' }

/** A command that ran, and of which there could be output. */
function printsNothing({ kind, outcome, log }: StepRecord): boolean {
  return kind === 'run' && !log && (outcome === 'ran' || outcome === 'error')
}
