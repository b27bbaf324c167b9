import type { InstructionBase } from '../../parser/index.ts'
import type { SourceRange } from '../../source.ts'
import type { Warn } from './checks.ts'

/**
 * CMD, ENTRYPOINT or HEALTHCHECK a second time in a stage.
 * @param earlier the one that has no effect any more, which is blamed
 */
export function checkUsedOnce({ keyword }: InstructionBase, earlier: SourceRange | undefined, warn: Warn): void {
  if (!earlier) return
  const message = `Multiple ${keyword} instructions should not be used in the same stage because only the last one will be used`
  warn({ rule: 'MultipleInstructionsDisallowed', message, at: earlier })
}
