import type { CommandIo, UserTerminal } from '../index.ts'
import { keepColours } from '../text/index.ts'
import type { Session } from './session.ts'

/** How a command is joined to the terminal, or else to standard input and output, of this program. */
export function commandIo(session: Session, terminal = userTerminal(session)): CommandIo {
  const { environment, out, err } = session
  const output: CommandIo['output'] = (stream, bytes) => {
    const { stream: to, isTerminal } = stream === 'stdout' ? out : err
    to.write(isTerminal ? shown(bytes) : bytes)
  }
  if (terminal) return { terminal, output }
  // The user's own terminal is nothing that a command may have: it could type into it.
  const stdin = environment.stdin as NodeJS.ReadStream
  return stdin.isTTY ? { output } : { input: stdin, output }
}

/** The terminal that this program has, when it is one for both reading and writing. */
export function userTerminal(session: Session): UserTerminal | undefined {
  if (!hasTerminal(session)) return undefined
  const stdin = session.environment.stdin as NodeJS.ReadStream
  const { stream } = session.out
  return {
    size: () => ({ columns: stream.columns || 80, rows: stream.rows || 24 }),
    onResize(told) {
      stream.on('resize', told)
      return () => stream.off('resize', told)
    },
    onInput(told) {
      stdin.setRawMode(true)
      stdin.on('data', told)
      stdin.resume()
      return () => {
        stdin.off('data', told)
        stdin.pause()
        stdin.setRawMode(false)
      }
    },
    show: (bytes) => void stream.write(bytes),
  }
}

export function hasTerminal({ environment, out }: Session): boolean {
  return (environment.stdin as NodeJS.ReadStream).isTTY === true && out.isTerminal
}

/** Without a terminal of its own a command has no business to move the cursor of ours. */
function shown(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString().split('\n').map(keepColours).join('\n')
}
