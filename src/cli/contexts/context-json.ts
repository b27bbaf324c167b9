import type { ContextReport, ContextUse } from '../../index.ts'
import { formatPlace } from '../../source.ts'

/** A report for programs: places as `Dockerfile:4`. */
export function contextJson({ uses, unreached, ...report }: ContextReport): object {
  return {
    ...report,
    uses: uses.map(useJson),
    unreached: unreached.map(({ reference, error }) => ({ reference, message: error.message })),
  }
}

function useJson({ at, ...use }: ContextUse): object {
  return { ...use, ...(at && { place: formatPlace(at) }) }
}
