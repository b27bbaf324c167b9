import { readStored } from '../bases/index.ts'
import type { CommitOptions } from '../container-options.ts'
import { sha256 } from '../digest/index.ts'
import { readOption, TsbuildError } from '../errors.ts'
import { layerForm, readRights } from '../executor/index.ts'
import {
  assemble,
  type ContainerConfig,
  type ImageConfig,
  type Layer,
  machinePlatform,
  parseReference,
} from '../image/index.ts'
import { findContainer, type KeptRun, sweepKept, upperOf, usingKept } from '../kept/index.ts'
import type { Environment } from '../options.ts'
import { planImage } from '../plan-image.ts'
import { overlay, upperChanges } from '../tree/index.ts'
import { lookingOnly } from './has-store.ts'
import { planRequest } from './plan-request.ts'
import { openSession, type Session } from './session.ts'

/**
 * Makes an image of what a container changed: that of the container with one layer and one row of history more, and the
 * settings that it ran with.
 * @returns the id of the image
 * @throws {TsbuildError} TSB_CONTAINER_NOT_FOUND, TSB_CONTAINER_AMBIGUOUS, TSB_KEPT_GONE, TSB_COMMIT_CHANGE,
 *   TSB_REFERENCE_FORMAT, and those of parsing
 */
export async function commit(options: CommitOptions, environment: Environment): Promise<string> {
  const names = readOption(() => (options.names ?? []).map((name) => parseReference(name).normal))
  return await lookingOnly(environment, async (place) => {
    await using session = await openSession(place, options)
    const { store } = session
    await sweepKept(store, place.now())
    const kept = findContainer(store.root, options.container)
    return await usingKept(store.root, kept.id, () => commitKept(kept, names, options, session, place))
  })
}

async function commitKept(
  kept: KeptRun,
  names: readonly string[],
  options: CommitOptions,
  session: Session,
  environment: Environment,
): Promise<string> {
  const { run, image: base, config: settings = {} } = kept
  if (!base) throw new Error('a container without an image')
  const { store, cache, bases } = session
  const { config } = await readStored(store, base.manifest)
  const named = await bases.layersOf(base)
  const baseLayers = named.map(({ descriptor, diffId }) => cache.layers.fromDescriptor(descriptor, diffId))
  const layer = await layerOf(kept, baseLayers, options, session)
  const changed = await changedConfig({ ...config, config: settings }, options.changes ?? [], environment)
  const created = new Date(environment.now()).toISOString()
  const image = await assemble({
    config: { ...config, config: changed, ...(options.author !== undefined && { author: options.author }) },
    baseLayers,
    history: [
      {
        createdBy: run.op.argv.join(' '),
        comment: options.message ?? '',
        ...(options.author !== undefined && { author: options.author }),
        layer: { layer, created },
      },
    ],
  })
  await store.images.save(image, names)
  return image.id
}

async function layerOf(
  kept: KeptRun,
  baseLayers: readonly Layer[],
  { signal = new AbortController().signal }: CommitOptions,
  { store, cache }: Session,
): Promise<Layer> {
  if (kept.files.kind === 'layer') return cache.layers.fromRecord(kept.files.layer)
  const below = overlay(await Promise.all(baseLayers.map((layer) => layer.tree('part'))))
  const { marks } = layerForm(readRights())
  return cache.layers.fromChanges(await upperChanges(upperOf(store.root, kept.id), marks, below), signal)
}

/** The settings with Dockerfile instructions on top. Triggers for builds on it stay as they are, and are not for now. */
async function changedConfig(
  base: ImageConfig,
  changes: readonly string[],
  environment: Environment,
): Promise<ContainerConfig | undefined> {
  if (changes.length === 0) return base.config
  const { OnBuild, ...config } = base.config ?? {}
  const { os, architecture, variant } = base
  const platform = { os, architecture, ...(variant && { variant }) }
  const source = { name: '--change', text: ['FROM container', ...changes, ''].join('\n') }
  const request = {
    ...planRequest({}, new Map(), environment.arch),
    platform,
    buildPlatform: machinePlatform(environment.arch),
  }
  const image = { name: 'container', manifest: sha256('') }
  const plan = await planImage(source, request, {
    resolve: async (name) => {
      if (!/(^|\/)container(:latest)?$/.test(name)) throw filesError()
      return { image, platform, config: { ...base, config } }
    },
  })
  if (plan.nodes.some(({ op }) => op.kind !== 'image' && op.kind !== 'mkdir')) throw filesError()
  const found = plan.image.config.config ?? {}
  const triggers = [...(OnBuild ?? []), ...(found.OnBuild ?? [])]
  return triggers.length > 0 ? { ...found, OnBuild: triggers } : found
}

function filesError(): TsbuildError {
  return new TsbuildError('TSB_COMMIT_CHANGE', 'an image that is committed can only be given settings', {
    hint: 'use CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, ONBUILD, USER, VOLUME, WORKDIR, STOPSIGNAL or HEALTHCHECK',
  })
}
