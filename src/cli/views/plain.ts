import { PlainPrinter } from './plain-printer.ts'
import type { Look } from './step-writer.ts'
import type { View } from './view.ts'

/** Milliseconds between two prints: what ends meanwhile is printed as one block. */
const pace = 100

/** Prints progress as text. @param now milliseconds since 1970 */
export function plainView(write: (text: string) => void, now: () => number, look: Look = {}): View {
  const printer = new PlainPrinter(write, look)
  const clock = setInterval(() => printer.print(now()), pace).unref()
  return {
    event(event) {
      printer.update(event)
      if (printer.isFull) printer.print(now())
    },
    async close() {
      clearInterval(clock)
      printer.end(now())
    },
  }
}
