import { visible } from '../../text/index.ts'
import { errorReport, Reported } from '../error-text.ts'
import { exitCodeOf, exitCodes } from '../exit.ts'
import { FlagError } from '../flags/flag-error.ts'
import { type LookFlags, lookOptions } from '../flags/look.ts'
import { blameText } from '../look/blame-text.ts'
import { diffText } from '../look/diff-text.ts'
import { inline } from '../look/words.ts'
import type { Session } from '../session.ts'
import { jsonText } from '../text/json.ts'

export interface DiffFlags extends LookFlags {
  readonly format: 'text' | 'json'
  readonly equalLayers?: true
  readonly times?: true
}

/** Prints what differs; the status says whether anything does. */
export async function diffCommand(session: Session, before: string, after: string, flags: DiffFlags): Promise<void> {
  const { environment, out } = session
  const found = await orTrouble(session, async () => {
    const { diff } = await session.library()
    const { equalLayers, times } = flags
    const options = { ...lookOptions(flags, session), ...(equalLayers && { equalLayers }), ...(times && { times }) }
    return diff(before, after, options, environment)
  })
  if (flags.format === 'json') out.print(`${jsonText(found, 2)}\n`)
  else out.print(diffText(found, [before, after], out.paint))
  if (!found.same) throw new Reported(exitCodes.different)
}

/** An error has another status than a difference, so that a script can tell them apart. */
async function orTrouble<T>({ err, debug }: Session, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (exitCodeOf(error) !== exitCodes.failure) throw error
    err.print(errorReport(error, { prefix: '', debug, paint: err.paint }))
    throw new Reported(exitCodes.trouble)
  }
}

export interface BlameFlags extends LookFlags {
  readonly format: 'text' | 'json'
}

export async function blameCommand(session: Session, image: string, path: string, flags: BlameFlags): Promise<void> {
  const { environment, out } = session
  const { blame } = await session.library()
  const found = await blame(image, path, lookOptions(flags, session), environment)
  out.print(flags.format === 'json' ? `${jsonText(found, 2)}\n` : blameText(found, out.paint))
}

export interface ExtractFlags extends LookFlags {
  readonly output?: string
}

/** What goes to a terminal is made harmless, and no archive is. @param place where to, as `--output` has it */
export async function extractCommand(
  session: Session,
  image: string,
  path: string,
  place: string | undefined,
  flags: ExtractFlags,
): Promise<void> {
  const { environment, out, err } = session
  if (place !== undefined && flags.output !== undefined) {
    throw new FlagError('extract writes to one place', 'name it with -o or behind the path, not both')
  }
  const output = place ?? flags.output
  const options = lookOptions(flags, session)
  if (output === '-' && out.isTerminal) return show(session, image, path, flags)
  const { extract } = await session.library()
  const { dest, kind, skipped } = await extract(
    image,
    path,
    { ...options, ...(output !== undefined && { dest: output }) },
    environment,
  )
  for (const each of skipped) err.print(`note: ${inline(each)} is a device or fifo and was left out\n`)
  if (dest !== undefined) err.print(`${visible(dest)}${kind === 'directory' ? '/' : ''}\n`)
}

async function show(session: Session, name: string, path: string, flags: ExtractFlags): Promise<void> {
  const { openImage } = await session.library()
  await using image = await openImage(name, lookOptions(flags, session), session.environment)
  const { kind } = await image.find(path)
  if (kind === 'directory')
    throw new FlagError('no tar is written to a terminal', 'add | tar tv, or name a directory with -o')
  const decoder = new TextDecoder()
  for await (const bytes of image.read(path)) session.out.print(visible(decoder.decode(bytes, { stream: true })))
  session.out.print(visible(decoder.decode()))
}
