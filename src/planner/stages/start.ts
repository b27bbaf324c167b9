import { posix } from 'node:path'
import type { OpId } from '../../graph/index.ts'
import type { ContainerConfig, ImageConfig, Platform } from '../../image/index.ts'
import type { GraphBuilder } from '../graph-builder.ts'
import { stepLabel } from '../label.ts'
import { OrderedMap } from '../ordered-map.ts'
import type { BaseImage } from '../request.ts'
import type { StageScope } from '../scope.ts'
import { StageVariables } from '../stage-variables.ts'
import { type StageState, withUnlistedLayer } from '../state.ts'
import { splitVariable } from '../variables.ts'
import type { NeededStage } from './need.ts'

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** A stage from nothing. */
export function startFromScratch(scope: StageScope): StageState {
  return start(addScratch(scope.graph), emptyImage(scope.request.platform), scope.request.platform)
}

/** A stage from an image: its config is inherited, but for its time and its triggers. */
export function startFromImage(base: BaseImage, platform: Platform, stage: NeededStage, scope: StageScope): StageState {
  const place = { steps: 0, platform, variables: new Map<string, string>() }
  const label = stepLabel(scope, place, `FROM ${pinnedName(base)}`)
  const state = start(addImage(base, scope.graph, { label, at: stage.stage.from.at }), base.config, platform)
  return { ...state, mayHaveMore: base.unknown ?? false, steps: 1 }
}

/** A stage from another one of the file: also its ARGs are in force, but ENV is stronger than they are. */
export function startFromStage(base: StageState): StageState {
  return { ...base, variables: base.variables.inherited(), triggers: undefined, said: {}, steps: 0 }
}

/** A stage from the files of a named context: all of them, as one layer on nothing. It is no step that is numbered. */
export function startFromContext(files: OpId, described: string, stage: NeededStage, scope: StageScope): StageState {
  const state = startFromScratch(scope)
  const layer = scope.graph.add(
    {
      kind: 'copy',
      onto: state.snapshot,
      sources: [{ from: files, path: '/' }],
      inline: [],
      dest: '/',
      link: false,
      parents: false,
      excludes: [],
    },
    {
      at: stage.stage.from.at,
      label: `FROM ${stage.stage.from.image.text}`,
      ...(scope.noCache && { noCache: true }),
    },
  )
  return withUnlistedLayer(state, layer, described)
}

/** The op of an image's files. One without layers is like nothing at all. */
export function addImage(
  base: BaseImage,
  graph: GraphBuilder,
  about: Parameters<GraphBuilder['add']>[1] = { label: `FROM ${pinnedName(base)}` },
): OpId {
  const layers = base.config.rootfs.diff_ids.length
  return layers === 0
    ? addScratch(graph)
    : graph.add({ kind: 'image', image: base.image, platform: base.platform }, about)
}

export function addScratch(graph: GraphBuilder): OpId {
  return graph.add({ kind: 'scratch' }, { label: 'FROM scratch' })
}

function start(snapshot: OpId, document: ImageConfig, platform: Platform): StageState {
  const { created: _, ...image } = document
  const config = startConfig(document.config ?? {}, platform)
  return {
    snapshot,
    platform,
    variables: StageVariables.ofImage(withPath(config.Env ?? [], platform)),
    mayHaveMore: false,
    args: OrderedMap.empty(),
    image: { ...image, config },
    members: {},
    triggers: undefined,
    rows: undefined,
    said: {},
    workdirSet: false,
    steps: 0,
  }
}

/** What a stage inherits: triggers are used up, and relative paths have something to start from. */
function startConfig({ OnBuild: _, ...config }: ContainerConfig, platform: Platform): ContainerConfig {
  return {
    ...config,
    ...(config.WorkingDir && { WorkingDir: absolute(config.WorkingDir, platform) }),
  }
}

function withPath(environment: readonly string[], { os }: Platform): readonly string[] {
  const hasPath = environment.some((entry) => splitVariable(entry)[0] === 'PATH')
  return hasPath || os === 'windows' ? environment : [...environment, `PATH=${defaultPath}`]
}

function absolute(directory: string, platform: Platform): string {
  return posix.isAbsolute(directory) || platform.os === 'windows' ? directory : posix.join('/', directory)
}

function emptyImage(platform: Platform): ImageConfig {
  return {
    architecture: platform.architecture,
    os: platform.os,
    ...(platform.variant && { variant: platform.variant }),
    config: { WorkingDir: platform.os === 'windows' ? '\\' : '/' },
    rootfs: { type: 'layers', diff_ids: [] },
    history: [],
  }
}

function pinnedName({ image }: BaseImage): string {
  return image.name.includes('@') ? image.name : `${image.name}@${image.manifest}`
}
