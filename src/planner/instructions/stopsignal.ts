import { didYouMean, TsbuildError } from '../../errors.ts'
import type { StopsignalInstruction } from '../../parser/index.ts'
import { expand } from '../expand.ts'
import type { StageScope } from '../scope.ts'
import { type StageState, withConfig, withRow } from '../state.ts'

const names: ReadonlySet<string> = new Set([
  ...'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS'.split(' '),
  ...'TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX'.split(' '),
  ...Array.from({ length: 15 }, (_, i) => `RTMIN+${i + 1}`),
  ...Array.from({ length: 14 }, (_, i) => `RTMAX-${i + 1}`),
])

/** STOPSIGNAL: a number other than 0, or the name of a Linux signal with or without SIG, in any case. */
export function lowerStopsignal(state: StageState, instruction: StopsignalInstruction, scope: StageScope): StageState {
  const signal = expand(instruction.signal, state, scope)
  if (!isSignal(signal)) {
    throw new TsbuildError('TSB_STOPSIGNAL', `invalid signal: ${signal}`, {
      at: instruction.signal.at,
      hint: nearestSignal(signal) ?? 'a signal is a name such as SIGTERM, or a number from 1 on',
    })
  }
  return withRow(withConfig(state, { StopSignal: signal }), `STOPSIGNAL ${signal}`)
}

/** The nearest name, with SIG when it was written so. */
function nearestSignal(signal: string): string | undefined {
  const prefix = /^SIG/i.exec(signal)?.[0].toUpperCase() ?? ''
  return didYouMean(
    signal,
    [...names].map((name) => prefix + name),
  )
}

function isSignal(text: string): boolean {
  return /^\d+$/.test(text) ? Number(text) !== 0 : names.has(text.toUpperCase().replace(/^SIG/, ''))
}
