import type { Healthcheck } from '../../image/index.ts'
import type { HealthcheckInstruction } from '../../parser/index.ts'
import { checkUsedOnce } from '../checks/used-once.ts'
import { goDuration, goList } from '../go-format.ts'
import type { StageScope } from '../scope.ts'
import { type StageState, withConfig, withRow } from '../state.ts'

/** HEALTHCHECK: the whole check is replaced; what is not given is 0, and left out of the config. */
export function lowerHealthcheck(
  state: StageState,
  instruction: HealthcheckInstruction,
  scope: StageScope,
): StageState {
  checkUsedOnce(instruction, state.said.healthcheck, scope.warn)
  const test = testOf(instruction)
  const { interval, timeout, startPeriod, startInterval, retries } = instruction
  const check: Healthcheck = {
    Test: test,
    ...(interval && { Interval: interval }),
    ...(timeout && { Timeout: timeout }),
    ...(startPeriod && { StartPeriod: startPeriod }),
    ...(startInterval && { StartInterval: startInterval }),
    ...(retries && { Retries: retries }),
  }
  const said = { ...state, said: { ...state.said, healthcheck: instruction.at } }
  return withRow(withConfig(said, { Healthcheck: check }), `HEALTHCHECK ${formatHealthcheck(check)}`)
}

/** `{Test:[CMD-SHELL x] Interval:30s Timeout:0s StartPeriod:0s StartInterval:0s Retries:0}` */
export function formatHealthcheck(check: Healthcheck): string {
  const times = [
    ['Interval', check.Interval],
    ['Timeout', check.Timeout],
    ['StartPeriod', check.StartPeriod],
    ['StartInterval', check.StartInterval],
  ] as const
  const durations = times.map(([name, value]) => `${name}:${goDuration(value ?? 0)}`)
  return `{Test:${goList(check.Test ?? [])} ${durations.join(' ')} Retries:${check.Retries ?? 0}}`
}

function testOf({ test }: HealthcheckInstruction): readonly string[] {
  if (test.type === 'none') return ['NONE']
  return test.command.form === 'exec' ? ['CMD', ...test.command.argv] : ['CMD-SHELL', test.command.text]
}
