import type { Dockerfile, Instruction, InstructionOf } from '../../parser/index.ts'
import type { Checks, Warn } from './checks.ts'
import { checkArgDescription, checkStageDescription } from './definition-description.ts'
import { checkFromAsCasing } from './from-as-casing.ts'
import { checkJsonForm } from './json-form.ts'
import { checkStageNameCasing } from './stage-name-casing.ts'

/** Looks at each instruction by itself, also in stages that the target does not need. */
export function checkInstructions({ globalArgs, stages }: Dockerfile, checks: Checks): void {
  for (const instruction of globalArgs) checkInstruction(instruction, checks)
  for (const { from, instructions } of stages) {
    checkInstruction(from, checks)
    for (const instruction of instructions) checkInstruction(instruction, checks)
  }
}

function checkInstruction(instruction: Instruction, checks: Checks): void {
  const warn = checks.warnAt(instruction.comments)
  if (instruction.kind === 'from') checkFrom(instruction, warn)
  else if (instruction.kind === 'arg') checkArgDescription(instruction, warn)
  else if (instruction.kind === 'maintainer') warnOfMaintainer(instruction, warn)
  else checkJsonForm(instruction, warn)
}

function checkFrom(from: InstructionOf<'from'>, warn: Warn): void {
  checkStageNameCasing(from, warn)
  checkFromAsCasing(from, warn)
  checkStageDescription(from, warn)
}

function warnOfMaintainer({ at }: InstructionOf<'maintainer'>, warn: Warn): void {
  warn({ rule: 'MaintainerDeprecated', message: 'Maintainer instruction is deprecated in favor of using label', at })
}
