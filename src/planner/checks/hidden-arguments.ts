import type { Stage, StageInstruction } from '../../parser/index.ts'
import type { Checks, Warn } from './checks.ts'

/**
 * ENV after an ARG of the same name in the same stage: what `--build-arg` gives is lost from there on. `ENV V=$V` hands
 * the argument on, and is what one should do.
 */
export function checkHiddenArguments(stages: readonly Stage[], checks: Checks): void {
  for (const { instructions } of stages) {
    const declared = new Set<string>()
    for (const instruction of instructions) follow(instruction, declared, checks.warnAt(instruction.comments))
  }
}

function follow(instruction: StageInstruction, declared: Set<string>, warn: Warn): void {
  if (instruction.kind === 'arg') for (const { name } of instruction.args) declared.add(name)
  if (instruction.kind !== 'env') return
  for (const { name, value } of instruction.pairs) {
    if (!declared.delete(name.text) || mentions(value.text, name.text)) continue
    const message = `ENV ${name.text} hides the ARG of that name from here on: write ENV ${name.text}=$${name.text} to hand it on`
    warn({ rule: 'tsbuild/HiddenArg', message, at: name.at })
  }
}

function mentions(text: string, variable: string): boolean {
  return [...text.matchAll(/\$\{?(\w+)/g)].some(([, name]) => name === variable)
}
