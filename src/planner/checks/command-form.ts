import type { CmdInstruction, EntrypointInstruction } from '../../parser/index.ts'
import type { StageState } from '../state.ts'
import type { Warn } from './checks.ts'

/** CMD and ENTRYPOINT as a text for `/bin/sh -c`, which hands no signals on. Who sets a SHELL means to have one. */
export function checkCommandForm(
  { command, keyword, at }: CmdInstruction | EntrypointInstruction,
  state: StageState,
  warn: Warn,
): void {
  if (command.form === 'exec' || state.image.config?.Shell?.length) return
  const message = `JSON arguments recommended for ${keyword} to prevent unintended behavior related to OS signals`
  warn({ rule: 'JSONArgsRecommended', message, at })
}
