import { breakRunnerCommands, keepColours, stripControls } from '../text/index.ts'
import { isContinuousIntegration } from './continuous-integration.ts'
import { noPaint, type Paint, paint } from './text/paint.ts'

/** The one way by which texts reach standard output and standard error. */
export interface Output {
  /** Prints lines, each with its line feed. Terminal and CI runner commands in them have no effect. */
  readonly print: (text: string) => void
  /** Prints commands of our own to a CI runner, in which nothing from outside is left as it was. */
  readonly command: (text: string) => void
  readonly paint: Paint
  /** Colours are wanted: on a terminal, or as FORCE_COLOR has it. */
  readonly colours: boolean
  readonly isTerminal: boolean
  readonly stream: NodeJS.WriteStream
}

type Env = Readonly<Record<string, string | undefined>>

export function createOutput(stream: NodeJS.WriteStream, env: Env): Output {
  const isTerminal = stream.isTTY === true
  const colours = wantsColours(isTerminal, env)
  const clean = colours ? keepColoursByLine : stripControls
  const guard = isContinuousIntegration(env) ? (text: string) => breakRunnerCommands(clean(text)) : clean
  return {
    print: (text) => void (text === '' || stream.write(guard(text))),
    command: (text) => void stream.write(text),
    paint: colours ? paint : noPaint,
    colours,
    isTerminal,
    stream,
  }
}

/** NO_COLOR is the last word; FORCE_COLOR that of who knows better than we what will become of a text. */
function wantsColours(isTerminal: boolean, env: Env): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = env
  if (NO_COLOR) return false
  if (FORCE_COLOR === '0' || FORCE_COLOR === 'false') return false
  return FORCE_COLOR !== undefined || (isTerminal && TERM !== 'dumb')
}

function keepColoursByLine(text: string): string {
  return text.split('\n').map(keepColours).join('\n')
}
