import type { Launch } from './launch.ts'
import type { StepInput } from './sandbox.ts'
import type { Tools } from './tools.ts'

/** The handles of a command that no runtime starts. */
export function stdioOf(input: StepInput | undefined): Pick<Launch, 'stdio'> {
  if (!input) return {}
  if (input.kind === 'handle') return { stdio: { stdin: input.handle } }
  return { stdio: { stdin: input.slave, stdout: input.slave, stderr: input.slave } }
}

/** What makes the terminal that a command has as its input the one that it is controlled by: Ctrl-C, `/dev/tty`. */
export function terminalCommand(input: StepInput | undefined, tools: Tools): readonly string[] {
  return input?.kind === 'terminal' ? [tools.need('setsid'), '--ctty', '--wait', '--'] : []
}
