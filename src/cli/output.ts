import { breakRunnerCommands, keepColours, stripControls } from './text/escape.ts'
import { noPaint, type Paint, paint } from './text/paint.ts'

/** The one way by which texts reach standard output and standard error. */
export interface Output {
  /** Prints lines, each with its line feed. Terminal and CI runner commands in them have no effect. */
  readonly print: (text: string) => void
  readonly paint: Paint
  readonly isTerminal: boolean
  readonly stream: NodeJS.WriteStream
}

type Env = Readonly<Record<string, string | undefined>>

export function createOutput(stream: NodeJS.WriteStream, env: Env): Output {
  const isTerminal = stream.isTTY === true
  const colours = isTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
  const clean = colours ? keepColoursByLine : stripControls
  const guard = isContinuousIntegration(env) ? (text: string) => breakRunnerCommands(clean(text)) : clean
  return {
    print: (text) => void (text === '' || stream.write(guard(text))),
    paint: colours ? paint : noPaint,
    isTerminal,
    stream,
  }
}

/** True when a CI runner reads what we print. */
export function isContinuousIntegration(env: Env): boolean {
  return ['CI', 'GITHUB_ACTIONS', 'GITLAB_CI', 'TF_BUILD', 'TEAMCITY_VERSION'].some((name) => {
    const value = env[name]
    return value !== undefined && value !== '' && value !== 'false'
  })
}

function keepColoursByLine(text: string): string {
  return text.split('\n').map(keepColours).join('\n')
}
