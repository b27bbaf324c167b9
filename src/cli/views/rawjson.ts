import type { BuildEvent } from '../../index.ts'
import { reasonJson } from '../../reason-text.ts'
import { jsonText } from '../text/json.ts'
import type { Step, Transfer } from './step.ts'
import { Trace } from './trace.ts'
import type { View } from './view.ts'
import { warningStatuses } from './warning-status.ts'

/**
 * One JSON object a line in the shape of BuildKit's `SolveStatus`: `vertexes`, `statuses`, `logs`, `warnings`. A step is
 * sent again when it changes. Own keys: `cacheReason` of a vertex, `notice`.
 */
export function rawJsonView(write: (text: string) => void): View {
  const send = (status: object) => write(`${jsonText(status)}\n`)
  const trace = new Trace({
    transfer: (step, transfer) => send({ statuses: [transferStatus(step, transfer)] }),
    notice: (message) => send({ notice: message }),
  })
  return {
    event(event) {
      const step = trace.apply(event)
      if (!step || event.type === 'step:progress') return
      send(event.type === 'step:log' ? { logs: [log(event, step)] } : { vertexes: [vertex(step)] })
    },
    async close(warnings) {
      if (warnings.length > 0) send({ warnings: warningStatuses(warnings) })
    },
  }
}

function transferStatus(step: Step, transfer: Transfer): object {
  return {
    id: transfer.label,
    vertex: step.id,
    total: transfer.total || undefined,
    current: transfer.current,
    timestamp: time(transfer.updatedAt),
    started: time(transfer.startedAt),
    completed: time(transfer.doneAt),
  }
}

function vertex(step: Step): object {
  return {
    digest: step.id,
    name: step.label,
    started: time(step.startedAt),
    completed: time(step.endedAt),
    cached: step.outcome === 'cached' || undefined,
    error: step.outcome === 'canceled' ? 'context canceled' : step.error,
    cacheReason: step.miss && reasonJson(step.miss),
    cacheSource: step.source,
  }
}

function log(event: Extract<BuildEvent, { readonly type: 'step:log' }>, step: Step): object {
  const stream = event.stream === 'stdout' ? 1 : 2
  return { vertex: step.id, stream, data: Buffer.from(event.bytes).toString('base64'), timestamp: time(event.at) }
}

function time(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined ? undefined : new Date(milliseconds).toISOString()
}
