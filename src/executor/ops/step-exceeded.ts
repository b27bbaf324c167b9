import { TsbuildError } from '../../errors.ts'
import type { RunOp } from '../../graph/index.ts'
import type { Exceeded } from '../sandbox/index.ts'

/**
 * The error of a step that ran into a limit, whatever its command said in the end: a limit is no part of the key, so a layer
 * that it has changed may not be kept for builds with another one.
 */
export function stepExceeded({ argv }: RunOp, exceeded: Exceeded): TsbuildError {
  const command = `process "${argv.join(' ')}"`
  if (exceeded.what === 'processes') {
    return new TsbuildError('TSB_STEP_PROCESSES', `${command} had more than ${exceeded.limit} processes and threads`, {
      hint: 'a higher --pids-limit lets it have more, --pids-limit=-1 any number; does it start itself again and again?',
    })
  }
  const { limit, peak, killed } = exceeded
  const most = peak === undefined ? '' : `, it had ${sizeText(peak)}`
  const who = killed === 1 ? 'one of its processes was' : `${killed} of its processes were`
  return new TsbuildError(
    'TSB_STEP_OUT_OF_MEMORY',
    `${command} ran out of memory: the limit is ${sizeText(limit)}${most}, and ${who} killed`,
    { hint: `a higher --memory lets it have more: --memory=${sizeText(2 * limit).replace(' MiB', 'm')}` },
  )
}

function sizeText(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`
}
