import type { BuildEvent, Warning } from '../../index.ts'

/** Shows a build while it runs. */
export interface View {
  /** Never throws. */
  event(event: BuildEvent): void
  /** Shows what is left, gives the terminal back; nothing may be printed by others before it resolves. */
  close(warnings: readonly Warning[]): Promise<void>
}
