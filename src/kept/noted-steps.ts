import { linkSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { buildFolder, buildNumbers } from '../builds/index.ts'
import type { Cache, LayerRecord } from '../cache/index.ts'
import { seal, unseal } from '../digest/index.ts'
import { isSystemError } from '../errors.ts'
import type { LayerOp, Node, OpId, RunOp } from '../graph/index.ts'
import type { Layer } from '../image/index.ts'
import type { BuildOrigin, RunHow } from './kept-run.ts'

/** A step of a build that was done. */
export interface NotedStep {
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

export interface NotedSteps {
  readonly build: BuildOrigin
  readonly steps: readonly NotedStep[]
  /** The layers of what steps stand on that is no step: base images. */
  readonly bases: Readonly<Record<string, readonly LayerRecord[]>>
  readonly how: RunHow
}

/** Beside the record of the build, and gone with it. Builds of which the same is noted have one file, by hard links. */
function stepsFile(root: string, number: number): string {
  return path.join(buildFolder(root, number), 'steps.json')
}

const version = 2

/** A step as `ExecutorPorts.stepDone` tells of it. */
export interface DoneStep {
  readonly node: Node
  readonly layers: readonly Layer[]
}

/**
 * Notes the steps of a build that has a number: where to find the files after each.
 * @param hushed the same text without secrets
 * @param root of the store
 */
export async function noteSteps(
  done: readonly DoneStep[],
  { build, how }: Pick<NotedSteps, 'build' | 'how'>,
  hushed: (text: string) => string,
  root: string,
  cache: Cache,
): Promise<void> {
  if (build.number === undefined) return
  const { recordOf } = cache.layers
  const ids = new Set(done.map(({ node }) => node.id))
  const steps: NotedStep[] = []
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
  const { number, ...place } = build
  const text = seal(JSON.stringify({ version, noted: { build: place, steps, bases, how } }))
  const file = stepsFile(root, number)
  if (sharesFile(file, text, root, number)) return
  writeFileSync(`${file}.new`, text, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

/**
 * Whether the file of another build says the same, and is that of this one too by now. No file is changed once it has its name.
 * A file system may have no links, or no more for this file; and who forgets builds may be faster.
 */
function sharesFile(file: string, text: string, root: string, number: number): boolean {
  const size = Buffer.byteLength(text)
  const others = buildNumbers(root).filter((other) => other !== number)
  try {
    const same = others
      .map((other) => stepsFile(root, other))
      .find((other) => statSync(other, { throwIfNoEntry: false })?.size === size && textOf(other) === text)
    if (same !== undefined) linkSync(same, file)
    return same !== undefined
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false
    throw error
  }
}

/** Undefined when that build has noted none, or they are damaged. */
export function readSteps(root: string, number: number): NotedSteps | undefined {
  const text = unseal(textOf(stepsFile(root, number)) ?? '')
  if (text === undefined) return undefined
  try {
    const found = JSON.parse(text) as { readonly version: unknown; readonly noted: NotedSteps }
    if (found.version !== version) return undefined
    return { ...found.noted, build: { ...found.noted.build, number } }
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** The layers after a step, lowest first. */
export function layersAfter(step: NotedStep, { steps, bases }: NotedSteps): readonly LayerRecord[] {
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
export function nearestRun(step: NotedStep, { steps }: NotedSteps): NotedStep | undefined {
  if (step.run) return step
  for (let id = step.id; ; ) {
    const above = steps.find(({ onto }) => onto === id)
    if (!above) break
    if (above.run) return above
    id = above.id
  }
  for (let at: NotedStep | undefined = step; at; ) {
    const { onto }: NotedStep = at
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
