import { failureTail } from './failure-tail.ts'
import { Trace } from './trace.ts'
import type { View } from './view.ts'

/** Shows nothing but the last output of a step that failed. */
export function quietView(write: (text: string) => void): View {
  const trace = new Trace()
  return {
    event(event) {
      trace.apply(event)
    },
    async close() {
      write(failureTail(trace, false))
    },
  }
}
