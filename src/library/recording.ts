import { statSync } from 'node:fs'
import path from 'node:path'
import type { Built, BuiltImage } from '../build.ts'
import {
  type BuildEnd,
  type BuildRecord,
  formerSteps,
  type ImageRecord,
  type LayerRecord,
  logFile,
  openRecorder,
} from '../builds/index.ts'
import { TsbuildError } from '../errors.ts'
import type { EventSink, Executed, Former } from '../executor/index.ts'
import { formatPlatform, type Platform, parseReference } from '../image/index.ts'
import type { BuildOrigin } from '../kept/index.ts'
import { maskLogins, withoutLogins } from '../logins.ts'
import type { BuildOptions, BuildResult, Environment } from '../options.ts'
import type { SourceFile } from '../source.ts'
import type { ImageGrowth } from './image-growth.ts'

/** Writes down a build, whatever becomes of it. None of this throws but for a bug. */
export interface Recording {
  /** Takes what happens, after secrets were taken out of it. */
  readonly event: EventSink
  /** The build, for who looks into its steps later. */
  readonly origin: () => BuildOrigin
  loaded(dockerfile: SourceFile, platforms: readonly Platform[]): void
  /** For explaining a miss: what earlier builds say. */
  readonly former: Former
  completed(
    result: Omit<BuildResult, 'build'>,
    built: Built,
    growths: readonly (ImageGrowth | undefined)[],
  ): Promise<BuildRecord | undefined>
  /**
   * @param error after secrets were taken out of it
   * @returns the file with all that the step printed that failed; undefined where there is none
   */
  failed(error: unknown): string | undefined
}

/**
 * @param root of the store that is open
 * @param hushed the same text without secrets
 */
export function openRecording(
  root: string,
  options: BuildOptions,
  { cwd, now }: Pick<Environment, 'cwd' | 'now'>,
  hushed: (text: string) => string = (text) => text,
): Recording {
  const tags = (options.tags ?? []).map((tag) => hushed(parseReference(tag).familiar))
  const context = hushed(contextName(options.context, cwd))
  const target = options.target === undefined ? {} : { target: hushed(options.target) }
  const name = `${tags[0] ?? path.basename(context)}${target.target === undefined ? '' : ` (${target.target})`}`
  const recorder = openRecorder(root, { name, started: now(), directory: cwd, context, ...target, tags })
  let known: Pick<BuildEnd, 'dockerfile' | 'platforms'> = { platforms: [] }
  const told = (record: BuildRecord | undefined) => {
    if (record) options.onRecord?.(record)
    return record
  }
  let former: Former | undefined
  const formerly = () => {
    const { dockerfile, platforms } = known
    former ??= formerSteps(root, { context, dockerfile: dockerfile?.path ?? '', ...target, platforms }, recorder.labels)
    return former
  }
  return {
    event: recorder.event,
    origin() {
      const number = recorder.claim()
      return { directory: cwd, context, ...(number !== undefined && { number }) }
    },
    former: {
      instruction: (node) => formerly().instruction({ ...node, label: hushed(node.label) }),
      failure: (name) => formerly().failure(name),
      result: (key) => formerly().result(key),
    },
    loaded({ name, text }, platforms) {
      const dockerfile = { path: hushed(withoutLogins(name)), text: hushed(maskLogins(text)) }
      known = { dockerfile, platforms: platforms.map(formatPlatform) }
    },
    async completed({ images }, { images: built, executed }, growths) {
      const recorded = built.map(async (image, i) => ({
        platform: formatPlatform(images[i]?.platform ?? { os: '', architecture: '' }),
        digest: images[i]?.manifest.digest ?? '',
        ...(growths[i] && { growth: growths[i] }),
        layers: (await layersOf(image, executed)).map((layer) => ({ ...layer, label: hushed(layer.label) })),
      }))
      const all: readonly ImageRecord[] = await Promise.all(recorded)
      return told(recorder.end({ ...known, status: 'completed', completed: now(), images: all }))
    },
    failed(error) {
      // A folder that is not there, most likely a word that was mistyped, is not the last build of anything.
      if (!known.dockerfile && recorder.isEmpty) return undefined
      const status = options.signal?.aborted ? 'canceled' : 'error'
      const record = told(recorder.end({ ...known, status, completed: now(), images: [], error: errorOf(error) }))
      const step = record?.steps.find(({ id }) => id === record.error?.step)
      return record && step?.log ? logFile(root, record.number, step.number) : undefined
    },
  }
}

/** What a context is called in records. */
export function contextName(context: BuildOptions['context'], cwd: string): string {
  if (typeof context !== 'string') return '-'
  const folder = path.resolve(cwd, context)
  if (context !== '-' && statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder
  return withoutLogins(context)
}

function errorOf(error: unknown): NonNullable<BuildRecord['error']> {
  if (!(error instanceof TsbuildError)) {
    return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) }
  }
  const { code, message, hint, at } = error
  return { code, message, ...(hint !== undefined && { hint }), ...(at && { line: at.start.line + 1 }) }
}

/** Lowest first: those of the base, then one for each step that made one. */
async function layersOf({ image, plan }: BuiltImage, { records }: Executed): Promise<readonly LayerRecord[]> {
  const labels = new Map(plan.nodes.map(({ id, label }) => [id, label]))
  const steps = plan.image.history.flatMap(({ layer }) => (layer && records.has(layer) ? [layer] : []))
  const below = plan.image.config.rootfs.diff_ids.length
  return Promise.all(
    image.layers.map(async (layer, i) => {
      const step = i < below ? undefined : steps[i - below]
      const [digest, { size }] = [await layer.diffId(), await layer.descriptor()]
      return { digest, size, ...(step && { step }), label: (step && labels.get(step)) ?? 'of the base' }
    }),
  )
}
