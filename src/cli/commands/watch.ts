import type { BuildOptions, WatchedChange } from '../../index.ts'
import { countText, visible } from '../../text/index.ts'
import { Reported } from '../error-text.ts'
import type { Session } from '../session.ts'

/**
 * Builds again and again, until a signal ends it. A build that fails says so, and waits for the next change.
 * @param build does one build with a session that is stopped by changes
 * @param written files that the command writes after a build
 */
export async function watchCommand(
  session: Session,
  options: BuildOptions,
  written: readonly string[],
  build: (session: Session) => Promise<void>,
): Promise<void> {
  const { environment, err, signal } = session
  const { watchBuild } = await session.library()
  await watchBuild(
    {
      ...options,
      signal,
      written,
      async onBuild(change, stopped) {
        if (change) err.print(`\n${changeText(change)}: building again\n`)
        await build({ ...session, signal: stopped }).catch((error: unknown) => {
          if (signal.aborted || !(error instanceof Reported)) throw error
        })
      },
      onWait: ({ directories, polling }) =>
        err.print(
          `watching ${countText(directories, 'directory', 'directories')}${polling ? ' (by looking once a second)' : ''}, Ctrl-C ends\n`,
        ),
    },
    environment,
  )
}

function changeText({ paths: [first = '', ...others] }: WatchedChange): string {
  return `${visible(first)} changed${others.length > 0 ? ` (and ${others.length} more)` : ''}`
}
