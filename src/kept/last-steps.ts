import { randomUUID } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Cache, LayerRecord } from '../cache/index.ts'
import { seal, unseal } from '../digest/index.ts'
import { isSystemError } from '../errors.ts'
import type { LayerOp, Node, OpId, RunOp } from '../graph/index.ts'
import type { Layer } from '../image/index.ts'
import { makeFolder } from '../make-folder.ts'
import type { Store } from '../store/index.ts'
import { type BuildOrigin, keptFolder, type RunHow } from './kept-run.ts'

/** A step of the newest build that was done. */
export interface LastStep {
  readonly id: OpId
  readonly label: string
  /** The op that it stands on. */
  readonly onto: OpId
  /** What the step changed. */
  readonly layer: LayerRecord
  /** When it is a RUN. */
  readonly run?: RunOp
  readonly emulates?: Node['emulates']
}

export interface LastSteps {
  readonly build: BuildOrigin
  readonly steps: readonly LastStep[]
  /** The layers of what steps stand on that is no step: base images. */
  readonly bases: Readonly<Record<string, readonly LayerRecord[]>>
  readonly how: RunHow
}

/** In the folder of what is kept. */
export const stepsName = 'steps.json'
const version = 2

/** A step as `ExecutorPorts.stepDone` tells of it. */
export interface DoneStep {
  readonly node: Node
  readonly layers: readonly Layer[]
}

/**
 * Notes the steps of a build in place of those of the one before: where to find the files after each.
 * @param hushed the same text without secrets
 */
export async function noteLastSteps(
  done: readonly DoneStep[],
  { build, how }: Pick<LastSteps, 'build' | 'how'>,
  hushed: (text: string) => string,
  store: Store,
  cache: Cache,
): Promise<void> {
  const { recordOf } = cache.layers
  const ids = new Set(done.map(({ node }) => node.id))
  const steps: LastStep[] = []
  const bases: Record<string, readonly LayerRecord[]> = {}
  for (const { node, layers } of done) {
    const op = node.op as LayerOp
    const top = layers.at(-1)
    if (!top) continue
    const isRun = op.kind === 'run'
    const { id, emulates } = node
    const label = hushed(node.label)
    const run = isRun && { run: { ...op, argv: op.argv.map(hushed), mounts: [], scripts: [] } }
    steps.push({ id, label, onto: op.onto, layer: await recordOf(top), ...run, ...(emulates && { emulates }) })
    if (!ids.has(op.onto)) bases[op.onto] ??= await Promise.all(layers.slice(0, -1).map(recordOf))
  }
  const text = seal(JSON.stringify({ version, last: { build, steps, bases, how } }))
  const folder = path.join(store.root, keptFolder)
  const file = path.join(folder, stepsName)
  if (textOf(file) === text) return
  makeFolder(folder, 0o700)
  // Not by way of a folder of the store, whose lock would load native code for a build in which nothing runs.
  const fresh = `${file}.${randomUUID()}`
  writeFileSync(fresh, text, { mode: 0o600 })
  renameSync(fresh, file)
}

/** Undefined when no build has noted any, or they are damaged. */
export function readLastSteps(root: string): LastSteps | undefined {
  const text = unseal(textOf(path.join(root, keptFolder, stepsName)) ?? '')
  if (text === undefined) return undefined
  try {
    const found = JSON.parse(text) as { readonly version: unknown; readonly last: LastSteps }
    return found.version === version ? found.last : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** The layers after a step, lowest first. */
export function layersAfter(step: LastStep, { steps, bases }: LastSteps): readonly LayerRecord[] {
  const above: LayerRecord[] = [step.layer]
  for (let onto: OpId = step.onto; ; ) {
    const base = bases[onto]
    if (base) return [...base, ...above.reverse()]
    const below = steps.find(({ id }) => id === onto)
    if (!below) return above.reverse()
    above.push(below.layer)
    onto = below.onto
  }
}

/** The RUN that a command after a step is to be like: the step itself, else the next one above it, else one below. */
export function nearestRun(step: LastStep, { steps }: LastSteps): LastStep | undefined {
  if (step.run) return step
  for (let id = step.id; ; ) {
    const above = steps.find(({ onto }) => onto === id)
    if (!above) break
    if (above.run) return above
    id = above.id
  }
  for (let at: LastStep | undefined = step; at; ) {
    const { onto }: LastStep = at
    at = steps.find(({ id }) => id === onto)
    if (at?.run) return at
  }
  return undefined
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}
