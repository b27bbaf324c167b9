import type { CacheRecord, KeyComponents, LayerRecord, Layers, PreparedLayer } from '../../cache/index.ts'
import type { LayerOp, Node } from '../../graph/index.ts'
import type { Layer } from '../../image/index.ts'
import type { ExecutorPorts } from '../ports.ts'
import type { Ahead, SandboxOutput } from '../sandbox/index.ts'
import type { Inputs } from '../values.ts'

/** What the key of an op is made of, and what an explanation of a miss may want besides. */
export interface OpKey {
  readonly components: KeyComponents
  /** What a COPY takes. Asked for only when the step has to run. */
  readonly files?: () => Promise<TakenFiles>
  /** The layer, when it was made to learn the key from what was read. */
  readonly made?: MadeLayer
}

/** A layer whose key is looked up after it was made: one of the two is called. */
export interface MadeLayer extends Pick<PreparedLayer, 'keep' | 'drop'> {
  /** When its making began: milliseconds since 1970. */
  readonly started: number
}

export type TakenFiles = NonNullable<CacheRecord['files']>

/** What an op's work may use. */
export interface OpContext {
  readonly inputs: Inputs
  readonly ports: ExecutorPorts
  /** Makes the layer of the step: of what goes into the image. */
  readonly layers: Layers
  readonly node: Node
  readonly signal: AbortSignal
  /** Of the commands that may have to be run after this one. */
  readonly ahead: Ahead
  /** Shows that the step has begun, once: for what takes long before it is known whether it has to run. */
  readonly begin: () => void
  readonly output: SandboxOutput
  readonly notice: (message: string) => void
  /** When it runs: the layer of the earlier step that is most like it. It may be gone. */
  readonly older?: LayerRecord
}

/** One kind of op: what its result depends on, and how it is made. They stand together because they change together. */
export interface OpExecutor<O extends LayerOp> {
  /** Part of every key: raised when the work changes for the same components. */
  readonly version: string
  /** A key that is known without reading files, when there is one; what was found by `key` is found by it too. */
  readonly quickKey?: (op: O, context: OpContext) => KeyComponents | undefined
  readonly key: (op: O, context: OpContext) => Promise<OpKey>
  readonly run: (op: O, context: OpContext) => Promise<Layer>
}
