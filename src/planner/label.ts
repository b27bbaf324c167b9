import type { StageScope } from './scope.ts'

/** `[build 2/5] RUN npm ci`: what progress calls step number `step` of the stage. */
export function stepLabel(scope: Pick<StageScope, 'name' | 'total' | 'onbuild'>, step: number, text: string): string {
  const total = String(scope.total)
  const stage = scope.name === undefined ? '' : `${scope.name} `
  const trigger = scope.onbuild ? 'ONBUILD ' : ''
  return `[${stage}${String(step).padStart(total.length)}/${total}] ${trigger}${text}`
}

/** The instruction's text with its keyword in capitals. */
export function withUpperKeyword(text: string): string {
  return text.replace(/^\S+/, (keyword) => keyword.toUpperCase())
}
