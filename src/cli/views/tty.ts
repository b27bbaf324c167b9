import { render, Text } from 'ink'
import { createElement } from 'react'
import type { Session } from '../session.ts'
import { failureTail } from './failure-tail.ts'
import { type FrameLook, frame, lastFrame } from './frame.ts'
import { readPalette } from './palette.ts'
import { oneLine } from './step.ts'
import { Trace } from './trace.ts'
import type { View } from './view.ts'

/** Milliseconds between two frames. */
const pace = 150

/** Draws the steps on a terminal; when the build is over, the whole list stays on the screen. */
export function ttyView({ environment, err }: Session): View {
  const { env, now } = environment
  const notices: string[] = []
  const trace = new Trace({ notice: (message) => notices.push(oneLine(message)) })
  const palette = readPalette(env['BUILDKIT_COLORS'])
  const look: FrameLook = { palette, paint: err.paint, logLines: Number(env['BUILDKIT_TTY_LOG_LINES']) || 6 }
  const width = () => err.stream.columns || 80
  const height = () => (err.stream.rows || 24) - 1
  const withNotices = (lines: readonly string[]) => [
    ...notices.map((text) => err.paint(palette.warning, text)),
    ...lines,
  ]
  const current = () => frame(trace, now(), { width: width(), height: height() - notices.length }, look)
  const screen = render(null, { stdout: err.stream, patchConsole: false, exitOnCtrlC: false, interactive: true })
  const draw = (lines: readonly string[]) =>
    screen.rerender(createElement(Text, { wrap: 'truncate-end' }, lines.join('\n')))
  const clock = setInterval(() => draw(withNotices(current())), Number(env['TTY_DISPLAY_RATE']) || pace).unref()

  return {
    event: (event) => void trace.apply(event),
    async close() {
      clearInterval(clock)
      const last = withNotices(lastFrame(trace, now(), width(), look))
      const fits = last.length <= height()
      if (fits) draw(last)
      else screen.rerender(null)
      screen.unmount()
      await screen.waitUntilExit()
      err.print((fits ? '' : last.map((line) => `${line}\n`).join('')) + failureTail(trace, true))
    },
  }
}
