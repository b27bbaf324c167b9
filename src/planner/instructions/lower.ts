import type { InstructionOf, StageInstruction } from '../../parser/index.ts'
import type { StageScope } from '../scope.ts'
import type { StageState } from '../state.ts'
import { lowerAdd } from './add.ts'
import { lowerArg } from './arg.ts'
import { lowerCmd } from './cmd.ts'
import { lowerCopy } from './copy.ts'
import { lowerEntrypoint } from './entrypoint.ts'
import { lowerEnv } from './env.ts'
import { lowerExpose } from './expose.ts'
import { lowerHealthcheck } from './healthcheck.ts'
import { lowerLabel } from './label.ts'
import { lowerMaintainer } from './maintainer.ts'
import { lowerOnbuild } from './onbuild.ts'
import { lowerRun } from './run.ts'
import { lowerShell } from './shell.ts'
import { lowerStopsignal } from './stopsignal.ts'
import { lowerUser } from './user.ts'
import { lowerVolume } from './volume.ts'
import { lowerWorkdir } from './workdir.ts'

/** What an instruction makes of a stage. Ops go into the scope's graph; the state is a new one. */
export type Lower<K extends StageInstruction['kind']> = (
  state: StageState,
  instruction: InstructionOf<K>,
  scope: StageScope,
) => StageState

/** Every instruction, once: a new kind does not compile until it is listed here. */
const lowerings: { readonly [K in StageInstruction['kind']]: Lower<K> } = {
  add: lowerAdd,
  arg: lowerArg,
  cmd: lowerCmd,
  copy: lowerCopy,
  entrypoint: lowerEntrypoint,
  env: lowerEnv,
  expose: lowerExpose,
  healthcheck: lowerHealthcheck,
  label: lowerLabel,
  maintainer: lowerMaintainer,
  onbuild: lowerOnbuild,
  run: lowerRun,
  shell: lowerShell,
  stopsignal: lowerStopsignal,
  user: lowerUser,
  volume: lowerVolume,
  workdir: lowerWorkdir,
}

/** The stage after one more instruction. */
export function lower(state: StageState, instruction: StageInstruction, scope: StageScope): StageState {
  return lowerAs(instruction.kind, state, instruction as InstructionOf<typeof instruction.kind>, scope)
}

function lowerAs<K extends StageInstruction['kind']>(
  kind: K,
  state: StageState,
  instruction: InstructionOf<K>,
  scope: StageScope,
): StageState {
  return lowerings[kind](state, instruction, scope)
}
