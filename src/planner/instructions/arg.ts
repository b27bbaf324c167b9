import type { ArgInstruction } from '../../parser/index.ts'
import { checkSecretName } from '../checks/secret-names.ts'
import { checkShadowedEnvironment } from '../checks/shadowed-environment.ts'
import { expand } from '../expand.ts'
import type { StageScope } from '../scope.ts'
import { type StageState, withRow } from '../state.ts'

type Declared = ArgInstruction['args'][number]

/** Arguments to the builder itself: never in the environment of a RUN. */
const notVariables: ReadonlySet<string> = new Set(['BUILDKIT_SBOM_SCAN_CONTEXT', 'BUILDKIT_SBOM_SCAN_STAGE'])

/** ARG: in force from here on. `ARG A=1 B=$A` sees the new A, and a value given by `--build-arg` is taken as it is. */
export function lowerArg(state: StageState, instruction: ArgInstruction, scope: StageScope): StageState {
  let after = state
  const texts = instruction.args.map((arg) => {
    after = declare(after, arg, scope)
    const value = after.args.get(arg.name)
    return value === undefined ? arg.name : `${arg.name}=${value}`
  })
  return withRow(after, `ARG ${texts.join(' ')}`)
}

function declare(state: StageState, arg: Declared, scope: StageScope): StageState {
  checkSecretName('ARG', arg.name, arg.at, scope.warn)
  const value = valueAt(arg, state, scope)
  checkShadowedEnvironment(arg.name, value, arg.at, state, scope.warn)
  return {
    ...state,
    args: state.args.with(arg.name, value),
    variables:
      value === undefined || notVariables.has(arg.name) ? state.variables : state.variables.withArg(arg.name, value),
  }
}

/** `--build-arg`, else the default, else the global ARG of that name. */
function valueAt(arg: Declared, state: StageState, scope: StageScope): string | undefined {
  const given = scope.request.buildArgs.get(arg.name)
  if (given === undefined && arg.value) return expand(arg.value, state, scope)
  const value = given ?? scope.globals.get(arg.name)
  scope.budget.spend(value?.length ?? 0, arg.at)
  return value
}
