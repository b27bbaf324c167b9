import type { Container } from '../../index.ts'
import { ellipsis } from '../../text/index.ts'
import { isTsbuildError } from '../exit.ts'
import { listingText } from '../listing.ts'
import type { Session } from '../session.ts'
import { goTime, timeAgo } from '../text/time.ts'
import { withEachName } from './each-name.ts'

export interface PsFlags {
  readonly quiet?: true
  /** false: `--no-trunc` */
  readonly trunc: boolean
  readonly format?: string
}

/** Prints what is kept of commands that were run, newest first. */
export async function psCommand(session: Session, flags: PsFlags): Promise<void> {
  const { listContainers } = await session.library()
  const found = await listContainers(session.environment)
  session.out.print(containersText(found, flags, session.environment.now()))
}

/** The text of the list. @param now milliseconds since 1970 */
export function containersText(
  containers: readonly Container[],
  { quiet, trunc, format }: PsFlags,
  now: number,
): string {
  if (quiet) return containers.map(({ id }) => `${id}\n`).join('')
  const rows = containers.map((container) => rowOf(container, trunc, now))
  return listingText({ headings, columns: ['ID', 'Image', 'Command', 'RunningFor', 'Status', 'Names'], rows }, format)
}

const headings = {
  ID: 'CONTAINER ID',
  Image: 'IMAGE',
  Command: 'COMMAND',
  CreatedAt: 'CREATED AT',
  RunningFor: 'CREATED',
  State: 'STATE',
  Status: 'STATUS',
  Names: 'NAMES',
} as const

/** Columns of COMMAND, as docker has it. */
const commandWidth = 20

function rowOf({ id, name, image, command, created, ended, exitCode }: Container, trunc: boolean, now: number) {
  const text = command.join(' ').replace(/\s+/g, ' ')
  return {
    ID: id,
    Image: image,
    Command: `"${trunc ? ellipsis(text, commandWidth) : text}"`,
    CreatedAt: goTime(created),
    RunningFor: timeAgo(created, now),
    State: 'exited',
    Status: `Exited (${exitCode ?? '?'}) ${timeAgo(ended ?? created, now)}`,
    Names: name ?? '',
  }
}

/** Prints the names of what was removed. @param force passes over what is not there */
export async function rmCommand(session: Session, names: readonly string[], force: boolean): Promise<void> {
  const { removeContainer } = await session.library()
  await withEachName(session, names, async (name) => {
    try {
      await removeContainer(name, session.environment)
      session.out.print(`${name}\n`)
    } catch (error) {
      if (!force || !isTsbuildError(error, 'TSB_CONTAINER_NOT_FOUND')) throw error
    }
  })
}
