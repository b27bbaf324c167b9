import { sha256 } from '../../../src/digest/index.ts'
import type { GraphStep } from '../../../src/executor/index.ts'
import type { BuildEvent, MissReason, StepId } from '../../../src/index.ts'

/**
 * Events of a build that began at 0, written shortly: each takes the time it happens at, in milliseconds. A step whose name
 * begins with `op:` is one of the graph.
 */
export const happens = {
  build: (at: number, steps: number): BuildEvent => ({ type: 'build:start', at, steps }),
  graph: (at: number, ...labels: readonly string[]): BuildEvent => ({
    type: 'build:graph',
    at,
    steps: labels.map((label) => ({ id: id(label) as GraphStep['id'], kind: 'run', label, inputs: [] })),
  }),
  start: (at: number, step: string, label: string): BuildEvent => ({ type: 'step:start', at, step: id(step), label }),
  log: (at: number, step: string, text: string | Buffer, stream: 'stdout' | 'stderr' = 'stdout'): BuildEvent => ({
    type: 'step:log',
    at,
    step: id(step),
    stream,
    bytes: Buffer.from(text),
  }),
  progress: (at: number, step: string, label: string, current: number, total?: number, done?: true): BuildEvent => ({
    type: 'step:progress',
    at,
    step: id(step),
    label,
    current,
    ...(total !== undefined && { total }),
    ...(done && { done }),
  }),
  cached: (at: number, step: string, label: string): BuildEvent => ({ type: 'step:cached', at, step: id(step), label }),
  done: (at: number, step: string, milliseconds: number): BuildEvent => ({
    type: 'step:done',
    at,
    step: id(step),
    milliseconds,
  }),
  error: (at: number, step: string, message: string): BuildEvent => ({
    type: 'step:error',
    at,
    step: id(step),
    message,
  }),
  canceled: (at: number, step: string): BuildEvent => ({ type: 'step:canceled', at, step: id(step) }),
  missed: (at: number, step: string, reason: MissReason): BuildEvent => ({
    type: 'step:miss',
    at,
    step: id(step),
    key: sha256(step),
    reason,
  }),
  changed: (at: number, step: string, what: string, more: number): BuildEvent => ({
    type: 'step:miss',
    at,
    step: id(step),
    key: sha256(step),
    reason: {
      kind: 'changed',
      changes: [{ kind: 'files', files: [{ path: what.replace(/ changed$/, ''), change: 'changed' }], more }],
    },
  }),
  notice: (at: number, message: string): BuildEvent => ({ type: 'notice', at, message }),
  end: (at: number): BuildEvent => ({ type: 'build:done', at, milliseconds: at }),
}

function id(name: string): StepId {
  return name.startsWith('op:') ? (name as StepId) : `internal:${name}`
}
