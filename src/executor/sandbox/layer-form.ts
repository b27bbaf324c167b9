import type { OverlayMarks } from '../../tree/index.ts'
import { stepCapabilities } from './capabilities.ts'
import type { Rights } from './machine.ts'

/** How files of layers can be put on this machine. */
export interface LayerForm {
  /** Where overlayfs keeps its marks: in a user namespace only `user.overlay.*` can be written. */
  readonly marks: OverlayMarks
  /** Whether device nodes can be made. */
  readonly devices: 'make' | 'skip'
}

export function layerForm({ inUserNamespace, boundingSet }: Rights): LayerForm {
  const mayMakeNodes = stepCapabilities(false, boundingSet).includes('MKNOD')
  return {
    marks: inUserNamespace ? 'user' : 'trusted',
    devices: !inUserNamespace && mayMakeNodes ? 'make' : 'skip',
  }
}
