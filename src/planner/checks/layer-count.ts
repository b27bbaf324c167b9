import type { SourceRange } from '../../source.ts'
import { rowsOf, type StageState } from '../state.ts'
import type { Warn } from './checks.ts'

/** Docker and others stop at 127: a warning with some to spare. */
const enough = 120

/** The layers of an image, those of its base included. */
export function checkLayerCount(state: StageState, at: SourceRange | undefined, warn: Warn): void {
  const count = state.image.rootfs.diff_ids.length + rowsOf(state).filter(({ layer }) => layer !== undefined).length
  if (count < enough) return
  const message = `The image has ${count} layers, and runtimes take up to 127: join RUN and COPY instructions`
  warn({ rule: 'tsbuild/LayerCount', message, ...(at && { at }) })
}
