import { breakRunnerCommands } from '../../text/index.ts'
import { runnerOf } from '../continuous-integration.ts'
import type { Session } from '../session.ts'
import { type Fold, githubFold, gitlabFold, guardedGithubFold } from './fold.ts'
import { orderedView } from './ordered.ts'
import { plainView } from './plain.ts'
import type { Look } from './step-writer.ts'
import type { View } from './view.ts'

/**
 * Views for logs that are read later: `folded` prints the lines of `plain` when `plain` prints them, with marks between; the
 * others print step after step.
 */
export function viewForRunner(
  mode: 'folded' | 'ordered' | 'github' | 'gitlab',
  { err, environment: { env, now } }: Session,
  look: Look,
): View {
  if (mode === 'ordered') return orderedView(err.print, now, look)
  const print = (text: string) => err.print(breakRunnerCommands(text))
  if (mode === 'folded') return plainView(print, now, { ...look, fold: foldFor(runnerOf(env), err.command, now) })
  const fold = mode === 'github' ? guardedGithubFold(err.command) : gitlabFold(err.command, now)
  return orderedView(print, now, { ...look, fold })
}

function foldFor(
  runner: ReturnType<typeof runnerOf>,
  write: (text: string) => void,
  now: () => number,
): Fold | undefined {
  if (runner === 'github') return githubFold(write)
  return runner === 'gitlab' ? gitlabFold(write, now) : undefined
}
