import { randomBytes } from 'node:crypto'
import { commandText, gitlabSection } from '../text/runner-commands.ts'

/** Tells a CI runner which lines belong together. At most one group is open. */
export interface Fold {
  open(title: string): void
  /** Closes what is open. */
  close(): void
}

/** Groups of GitHub Actions. */
export function githubFold(write: (text: string) => void): Fold {
  return fold(
    (title) => write(commandText('group', {}, title)),
    () => write(commandText('endgroup')),
  )
}

/** The same, and between their two lines the runner is told to obey nothing that it reads. */
export function guardedGithubFold(write: (text: string) => void): Fold {
  const token = randomBytes(16).toString('hex')
  return fold(
    (title) => write(commandText('group', {}, title) + commandText('stop-commands', {}, token)),
    () => write(commandText(token) + commandText('endgroup')),
  )
}

/** Sections of GitLab, which are closed to begin with. @param now milliseconds since 1970 */
export function gitlabFold(write: (text: string) => void, now: () => number): Fold {
  const build = randomBytes(4).toString('hex')
  let count = 0
  const seconds = () => Math.floor(now() / 1000)
  return fold(
    (title) => write(gitlabSection('start', seconds(), `tsbuild_${build}_${++count}`, title)),
    () => write(gitlabSection('end', seconds(), `tsbuild_${build}_${count}`)),
  )
}

function fold(begin: (title: string) => void, end: () => void): Fold {
  let isOpen = false
  return {
    open(title) {
      if (isOpen) end()
      isOpen = true
      begin(title)
    },
    close() {
      if (isOpen) end()
      isOpen = false
    },
  }
}
