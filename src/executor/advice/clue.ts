import type { RunOp } from '../../graph/index.ts'
import type { FileTree, TreePath } from '../../tree/index.ts'
import type { Owner } from '../users.ts'

/** What is known of a command that failed. */
export interface Clue {
  readonly op: RunOp
  /** Where it ran, as it is with all links followed. */
  readonly cwd: TreePath
  /** By name, as the command had them. */
  readonly env: ReadonlyMap<string, string>
  readonly user: Owner
  readonly exitCode: number
  readonly signal?: string | undefined
  /** The last of what it printed, without secrets and colours. */
  readonly output: string
  /** The files before it ran. */
  readonly files: FileTree
  /** How many processes the kernel killed meanwhile for want of memory, on the whole machine. */
  readonly killedForMemory: number
}

/**
 * A cause that is known to lead to this: what it is and what to do, when what the clue says leaves no doubt; else undefined.
 * It says nothing of files that the command may have made itself.
 */
export type Advice = (clue: Clue) => string | undefined | Promise<string | undefined>

/** The last lines of the output, the newest first. */
export function lastLines({ output }: Clue, most = 20): readonly string[] {
  const lines = output.split(/[\r\n]+/).filter((line) => line.trim() !== '')
  return lines.slice(-most).reverse()
}

/** What the pattern finds in the newest of the last lines that it fits. */
export function inLastLines(clue: Clue, pattern: RegExp, most?: number): RegExpExecArray | undefined {
  for (const line of lastLines(clue, most)) {
    const found = pattern.exec(line.trim())
    if (found) return found
  }
  return undefined
}

/** The words that the command was given, as one text. */
export function commandOf({ op }: Clue): string {
  return [...op.argv, ...op.scripts.map(({ text }) => text)].join(' ')
}
