import type { Session } from '../session.ts'
import { failureTail } from './failure-tail.ts'
import { type FrameLook, frame, lastFrame } from './frame.ts'
import { readPalette } from './palette.ts'
import type { Screen } from './screen-tty.ts'
import { oneLine } from './step.ts'
import { Trace } from './trace.ts'
import type { View } from './view.ts'

/** Milliseconds between two frames. */
const pace = 150
/** Notices that stand above the steps while these run. In the end all of them do. */
const mostNotices = 3

/**
 * Draws the steps on a terminal; when the build is over, the whole list stays on the screen. What draws, ink and react, is
 * loaded when the first frame is due: what is over before has its list alone, and begins sooner.
 */
export function ttyView({ environment, err }: Pick<Session, 'environment' | 'err'>): View {
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
  let screen: Screen | undefined
  let [isOpening, isClosed] = [false, false]
  const open = async () => {
    isOpening = true
    try {
      const { openScreen } = await import('./screen-tty.ts')
      if (isClosed) return
      screen = openScreen(err.stream, env, current)
      screen.redraw()
    } catch (error) {
      // The build goes on, and its list is printed when it is over.
      notices.push(oneLine(`the live view cannot be shown: ${error instanceof Error ? error.message : error}`))
    }
  }
  const onTick = () => {
    if (screen) screen.redraw()
    else if (!isOpening) void open()
  }
  const clock = setInterval(onTick, numberFrom(env['TTY_DISPLAY_RATE'], 10) ?? pace).unref()

  return {
    event: (event) => void trace.apply(event),
    async close() {
      clearInterval(clock)
      isClosed = true
      const last = [...painted(notices), ...lastFrame(trace, now(), width(), look)]
      const stays = screen !== undefined && last.length <= height()
      await screen?.close(stays ? last : undefined)
      err.print((stays ? '' : last.map((line) => `${line}\n`).join('')) + failureTail(trace, err.colours))
    },
  }
}

/** A whole number from `least` on; undefined for anything else. */
function numberFrom(text: string | undefined, least: number): number | undefined {
  const value = /^\d{1,6}$/.test(text ?? '') ? Number(text) : -1
  return value >= least ? value : undefined
}
