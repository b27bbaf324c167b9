import { keepColours, stripControls } from '../../text/index.ts'
import type { Trace } from './trace.ts'

/** The last output of each step that failed, between rules; `''` when none did. */
export function failureTail(trace: Trace, colours: boolean): string {
  const clean = colours ? keepColours : stripControls
  const tails = [...trace.steps]
    .filter((step) => step.outcome === 'error')
    .map((step) => {
      const lines = trace.log(step)?.recent ?? []
      return [
        '------',
        ` > ${step.label}:`,
        ...lines.map((line) => `${line.time} ${clean(line.text)}`.trimEnd()),
        '------',
      ]
    })
  return tails.map((lines) => `${lines.join('\n')}\n`).join('')
}
