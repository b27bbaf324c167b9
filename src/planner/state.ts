import type { OpId, PlannedHistory } from '../graph/index.ts'
import type { ContainerConfig, ImageConfig, Platform } from '../image/index.ts'
import type { SourceRange } from '../source.ts'
import type { Variables } from './variables.ts'

/** A layer that no instruction made, and no row of the history speaks of: the files of FROM a named context. */
export interface UnlistedLayer {
  readonly layer: OpId
  /** As BuildKit describes it: `local source for NAME`. */
  readonly unlisted: string
}

/** What a stage added, newest first. Linked, so that ten thousand stages can each stand on the one before. */
export interface Rows {
  readonly row: PlannedHistory | UnlistedLayer
  readonly before: Rows | undefined
}

/** An ARG of the stage, or of a stage it is built from. */
export interface DeclaredArg {
  readonly name: string
  /** The value it got where it stands; absent when it has none. */
  readonly value: string | undefined
}

/** A stage after some of its instructions: each instruction makes the next state from it. */
export interface StageState {
  /** The op whose files the stage has now. */
  readonly snapshot: OpId
  readonly platform: Platform
  readonly variables: Variables
  /** It stands on an image that could not be had, which may set any other variable. */
  readonly mayHaveMore: boolean
  /** In the order they were declared; a name may come twice. */
  readonly args: readonly DeclaredArg[]
  /** The base's document with the instructions so far folded in. `rootfs` and `history` stay the base's. */
  readonly image: ImageConfig
  readonly rows: Rows | undefined
  /** Where the stage itself says these; its base does not count. After a CMD, a later ENTRYPOINT leaves it alone. */
  readonly said: Readonly<Partial<Record<'cmd' | 'entrypoint' | 'healthcheck', SourceRange>>>
  /** A WORKDIR stands in the stage, or in one of the file that it is built from. */
  readonly workdirSet: boolean
  /** Numbered steps so far. */
  readonly steps: number
}

/** The state with some keys of the container config changed; `undefined` takes a key away. */
export function withConfig(state: StageState, changes: ContainerConfig): StageState {
  return { ...state, image: { ...state.image, config: { ...state.image.config, ...changes } } }
}

/** The state after an instruction that makes no layer. */
export function withRow(state: StageState, createdBy: string): StageState {
  return { ...state, rows: { row: { createdBy }, before: state.rows } }
}

/** The state after an op that adds a layer. */
export function withLayer(state: StageState, layer: OpId, createdBy: string): StageState {
  return { ...state, snapshot: layer, rows: { row: { createdBy, layer }, before: state.rows }, steps: state.steps + 1 }
}

/** The state after an op whose layer no instruction made. */
export function withUnlistedLayer(state: StageState, layer: OpId, unlisted: string): StageState {
  return { ...state, snapshot: layer, rows: { row: { layer, unlisted }, before: state.rows } }
}

/** Oldest first. */
export function rowsOf(state: StageState): readonly Rows['row'][] {
  const rows: Rows['row'][] = []
  for (let at = state.rows; at; at = at.before) rows.push(at.row)
  return rows.reverse()
}

/** The directory that relative paths are relative to: absolute, with `/` also for Windows. */
export function workingDirectory(state: StageState): string {
  const directory = state.image.config?.WorkingDir || '/'
  return state.platform.os === 'windows' ? directory.replaceAll('\\', '/') : directory
}
