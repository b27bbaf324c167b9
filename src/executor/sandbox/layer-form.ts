import type { OverlayMarks } from '../../tree/index.ts'
import { stepCapabilities } from './capabilities.ts'
import type { Machine } from './machine.ts'

/** How files of layers can be put on this machine. */
export interface LayerForm {
  /** Where overlayfs keeps its marks: in a user namespace only `user.overlay.*` can be written. */
  readonly marks: OverlayMarks
  /** Whether device nodes can be made. */
  readonly devices: 'make' | 'skip'
}

export function layerForm(machine: Machine): LayerForm {
  const mayMakeNodes = stepCapabilities(false, machine.boundingSet).includes('MKNOD')
  return {
    marks: machine.inUserNamespace ? 'user' : 'trusted',
    devices: !machine.inUserNamespace && mayMakeNodes ? 'make' : 'skip',
  }
}
