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
  const lines = () => [
    ...notices.map((notice) => err.paint(palette.warning, notice)),
    ...frame(trace, now(), { width: width(), height: (err.stream.rows || 24) - notices.length - 1 }, look),
  ]
  const draw = () => createElement(Text, { wrap: 'truncate-end' }, lines().join('\n'))
  const screen = render(draw(), { stdout: err.stream, patchConsole: false, exitOnCtrlC: false, interactive: true })
  const clock = setInterval(() => screen.rerender(draw()), Number(env['TTY_DISPLAY_RATE']) || pace).unref()

  return {
    event: (event) => void trace.apply(event),
    async close() {
      clearInterval(clock)
      screen.rerender(null)
      screen.unmount()
      await screen.waitUntilExit()
      const last = [...notices, ...lastFrame(trace, now(), width(), look)]
      err.print(last.map((line) => `${line}\n`).join('') + failureTail(trace, true))
    },
  }
}
