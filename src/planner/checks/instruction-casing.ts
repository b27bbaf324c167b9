import type { Stage } from '../../parser/index.ts'
import type { Warn } from './checks.ts'

/** Instruction words in another case than most. Those before the first FROM do not count. */
export function checkInstructionCasing(stages: readonly Stage[], warn: Warn): void {
  const instructions = stages.flatMap((stage) => [stage.from, ...stage.instructions])
  const keywords = instructions.map(({ keyword }) => keyword)
  const lower = keywords.filter(isLower).length > keywords.filter(isUpper).length
  const [casing, fits] = lower ? (['lowercase', isLower] as const) : (['uppercase', isUpper] as const)
  for (const { keyword, at } of instructions) {
    if (fits(keyword)) continue
    const message = `Command '${keyword}' should match the case of the command majority (${casing})`
    warn({ rule: 'ConsistentInstructionCasing', message, at })
  }
}

function isLower(keyword: string): boolean {
  return keyword === keyword.toLowerCase()
}

function isUpper(keyword: string): boolean {
  return keyword === keyword.toUpperCase()
}
