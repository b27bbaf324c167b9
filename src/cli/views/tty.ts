import { render, Text } from 'ink'
import { createElement } from 'react'
import type { Session } from '../session.ts'
import { failureTail } from './failure-tail.ts'
import { type FrameLook, frame, lastFrame } from './frame.ts'
import { readPalette } from './palette.ts'
import { eraseWrapped } from './resize.ts'
import { oneLine } from './step.ts'
import { Trace } from './trace.ts'
import type { View } from './view.ts'

/** Milliseconds between two frames. */
const pace = 150
/** Notices that stand above the steps while these run. In the end all of them do. */
const mostNotices = 3

/** Draws the steps on a terminal; when the build is over, the whole list stays on the screen. */
export function ttyView({ environment, err }: Session): View {
  const { env, now } = environment
  const notices: string[] = []
  const trace = new Trace({ notice: (message) => notices.push(oneLine(message)) })
  const palette = readPalette(env['BUILDKIT_COLORS'])
  const logLines = numberFrom(env['BUILDKIT_TTY_LOG_LINES'], 0) ?? 6
  const look: FrameLook = { palette, paint: err.paint, colours: err.colours, logLines }
  const width = () => err.stream.columns || 80
  const height = () => (err.stream.rows || 24) - 1
  const painted = (texts: readonly string[]) => texts.map((text) => err.paint(palette.warning, text))
  const current = () => {
    const above = painted(notices.slice(-mostNotices))
    return [...above, ...frame(trace, now(), { width: width(), height: height() - above.length }, look)]
  }
  const restore = eraseWrapped(err.stream, env, () => drawn)
  const options = { patchConsole: false, exitOnCtrlC: false, interactive: true, incrementalRendering: true } as const
  const screen = render(null, { stdout: err.stream, ...options })
  let drawn: readonly string[] = []
  const draw = (lines: readonly string[]) => {
    drawn = lines
    screen.rerender(createElement(Text, { wrap: 'truncate-end' }, lines.join('\n')))
  }
  const redraw = () => draw(current())
  err.stream.on('resize', redraw)
  const clock = setInterval(redraw, numberFrom(env['TTY_DISPLAY_RATE'], 10) ?? pace).unref()

  return {
    event: (event) => void trace.apply(event),
    async close() {
      clearInterval(clock)
      err.stream.off('resize', redraw)
      const last = [...painted(notices), ...lastFrame(trace, now(), width(), look)]
      const fits = last.length <= height()
      if (fits) draw(last)
      else screen.rerender(null)
      screen.unmount()
      await screen.waitUntilExit()
      restore()
      err.print((fits ? '' : last.map((line) => `${line}\n`).join('')) + failureTail(trace, err.colours))
    },
  }
}

/** A whole number from `least` on; undefined for anything else. */
function numberFrom(text: string | undefined, least: number): number | undefined {
  const value = /^\d{1,6}$/.test(text ?? '') ? Number(text) : -1
  return value >= least ? value : undefined
}
