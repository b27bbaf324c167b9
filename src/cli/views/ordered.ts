import { OrderedPrinter } from './ordered-printer.ts'
import type { Look } from './step-writer.ts'
import type { View } from './view.ts'

/** Milliseconds between two prints. */
const pace = 100

/** Prints progress as text, step after step. @param now milliseconds since 1970 */
export function orderedView(write: (text: string) => void, now: () => number, look: Look): View {
  const printer = new OrderedPrinter(write, look)
  const clock = setInterval(() => printer.print(now()), pace).unref()
  return {
    event: (event) => printer.update(event),
    async close() {
      clearInterval(clock)
      printer.end()
    },
  }
}
