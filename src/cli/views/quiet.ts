import { failureTail } from './failure-tail.ts'
import { oneLine } from './step.ts'
import { Trace } from './trace.ts'
import type { View } from './view.ts'

/** Shows nothing but serious notices, and the last output of a step that failed. */
export function quietView(write: (text: string) => void): View {
  const trace = new Trace({
    notice: (message, isSerious) => isSerious && write(`WARNING: ${oneLine(message.replace(/^warning: /, ''))}\n`),
  })
  return {
    event(event) {
      trace.apply(event)
    },
    async close() {
      write(failureTail(trace, false))
    },
  }
}
