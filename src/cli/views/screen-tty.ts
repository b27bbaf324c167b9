import { render, Text } from 'ink'
import { createElement } from 'react'
import { eraseWrapped } from './resize.ts'

/** Lines at the bottom of a terminal, drawn over and over in the same place. */
export interface Screen {
  /** Draws what is to stand there now. */
  redraw(): void
  /** Gives the terminal back. @param last what stays; undefined: nothing */
  close(last: readonly string[] | undefined): Promise<void>
}

/** @param lines what is to stand there, no line longer than the screen is wide */
export function openScreen(
  stream: NodeJS.WriteStream,
  env: Readonly<Record<string, string | undefined>>,
  lines: () => readonly string[],
): Screen {
  let drawn: readonly string[] = []
  const restore = eraseWrapped(stream, env, () => drawn)
  const options = { patchConsole: false, exitOnCtrlC: false, interactive: true, incrementalRendering: true } as const
  const screen = render(null, { stdout: stream, ...options })
  const draw = (what: readonly string[]) => {
    drawn = what
    screen.rerender(createElement(Text, { wrap: 'truncate-end' }, what.join('\n')))
  }
  const redraw = () => draw(lines())
  stream.on('resize', redraw)
  return {
    redraw,
    async close(last) {
      stream.off('resize', redraw)
      if (last) draw(last)
      else screen.rerender(null)
      screen.unmount()
      await screen.waitUntilExit()
      restore()
    },
  }
}
