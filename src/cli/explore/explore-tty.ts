import { render, Text, useInput } from 'ink'
import { createElement, type ReactElement } from 'react'
import type { OpenedImage } from '../../index.ts'
import { humanSize } from '../../text/index.ts'
import type { Session } from '../session.ts'
import { type Controller, openController, type SaveFile } from './controller.ts'
import { frame } from './frame.ts'
import { type KeyFacts, keyNames } from './keys.ts'
import { saveFile } from './save-file.ts'
import type { Explorer } from './state.ts'

/** What comes of a layer that is being fetched. */
export interface Fetched {
  readonly received: number
  readonly size: number
}

/** Milliseconds after which what is fetched is told anew. */
const pace = 200

/** Lets somebody look around in an image, until he has seen enough. */
export async function exploreOnScreen(
  { environment, out, signal }: Session,
  name: string,
  image: OpenedImage,
  fetched: () => Fetched,
): Promise<void> {
  const { stream } = out
  const size = () => ({ columns: stream.columns || 80, rows: (stream.rows || 24) - 1 })
  const screen = render(null, {
    stdout: stream,
    stdin: environment.stdin as NodeJS.ReadStream,
    patchConsole: false,
    exitOnCtrlC: false,
    interactive: true,
    alternateScreen: true,
    incrementalRendering: true,
  })
  let controller: Controller | undefined
  const onKey = (key: string) => controller?.press(key)
  const draw = (explorer: Explorer) => {
    const { received, size: whole } = fetched()
    const told = explorer.waiting && received < whole ? ` ${humanSize(received)} of ${humanSize(whole)}` : ''
    const shown = told === '' ? explorer : { ...explorer, waiting: `${explorer.waiting}${told}` }
    const lines = frame(shown, out.paint)
    screen.rerender(createElement(Screen, { text: lines.join('\n'), onKey }))
  }
  const resize = () => controller?.resize(size())
  stream.on('resize', resize)
  const clock = setInterval(() => controller?.redraw(), pace).unref()
  try {
    const save: SaveFile = (...asked) => saveFile(environment.cwd, ...asked)
    controller = await openController(name, image, size(), draw, save, signal)
    controller.redraw()
    await controller.done
  } finally {
    clearInterval(clock)
    stream.off('resize', resize)
    screen.unmount()
    await screen.waitUntilExit()
  }
}

interface ScreenProps {
  readonly text: string
  readonly onKey: (key: string) => void
}

function Screen({ text, onKey }: ScreenProps): ReactElement {
  useInput((input, key: KeyFacts) => {
    for (const name of keyNames(input, key)) onKey(name)
  })
  return createElement(Text, { wrap: 'truncate-end' }, text)
}
