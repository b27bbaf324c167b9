import type { OpId, PlannedHistory } from '../graph/index.ts'
import type { ContainerConfig, ImageConfig, Platform } from '../image/index.ts'
import type { SourceRange } from '../source.ts'
import { unlessEmpty } from './instructions/command.ts'
import { OrderedMap } from './ordered-map.ts'
import type { StageVariables } from './stage-variables.ts'

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

/** ONBUILDs of a stage, newest first. */
export interface Triggers {
  readonly text: string
  readonly before: Triggers | undefined
}

/** The maps of a config that instructions add to. */
type MapName = 'Labels' | 'Volumes' | 'ExposedPorts'

/** A stage after some of its instructions: each instruction makes the next state from it. */
export interface StageState {
  /** The op whose files the stage has now. */
  readonly snapshot: OpId
  readonly platform: Platform
  readonly variables: StageVariables
  /** It stands on an image that could not be had, which may set any other variable. */
  readonly mayHaveMore: boolean
  /** ARGs of the stage and of those it is built from, with the value that each got last, if any. */
  readonly args: OrderedMap<string | undefined>
  /**
   * The base's document with the instructions so far folded in, but for what `imageOf` adds. `rootfs` and `history` stay the
   * base's.
   */
  readonly image: ImageConfig
  /** What the file adds to maps of the config. */
  readonly members: { readonly [K in MapName]?: OrderedMap<string | object> }
  readonly triggers: Triggers | undefined
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

/** The state with more members in a map of the container config; a name that is there gets the new value. */
export function withMembers<V extends string | object>(
  state: StageState,
  map: MapName,
  added: readonly (readonly [name: string, value: V])[],
): StageState {
  const start = state.members[map] ?? OrderedMap.empty<string | object>()
  const members = added.reduce((changed, [name, value]) => changed.with(name, value), start)
  return { ...state, members: { ...state.members, [map]: members } }
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

/** The document of the image that a stage is so far. */
export function imageOf({ image, variables, members, triggers }: StageState): ImageConfig {
  const onBuild: string[] = []
  for (let at = triggers; at; at = at.before) onBuild.push(at.text)
  const maps = Object.entries(members).map(([name, added]) => {
    const inherited = image.config?.[name as MapName]
    return [name, { ...inherited, ...Object.fromEntries(added) }]
  })
  return {
    ...image,
    config: {
      ...image.config,
      ...Object.fromEntries(maps),
      Env: unlessEmpty(variables.ofImage()),
      ...(onBuild.length > 0 && { OnBuild: onBuild.reverse() }),
    },
  }
}
