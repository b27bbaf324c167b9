import type { MissReason } from './executor/index.ts'

/** Why a step would run, in a few words. */
export function reasonText(reason: MissReason): string {
  switch (reason.kind) {
    case 'never-built':
      return 'never built here'
    case 'not-cached':
      return reason.why
    case 'changed':
      return reason.more > 0 ? `${reason.what} (${reason.more} more)` : reason.what
  }
}
