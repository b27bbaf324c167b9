import type { ImageCommands } from '../../index.ts'
import { visible } from '../../text/index.ts'
import { FlagError } from '../flags/flag-error.ts'
import type { Session } from '../session.ts'
import { withImages } from './images.ts'

export interface LoadFlags {
  readonly input?: string
  readonly limit: readonly string[]
}

export interface SaveFlags {
  readonly output: string
  readonly format: 'docker' | 'oci'
  readonly platform?: string
}

export interface ImportFlags {
  readonly limit: readonly string[]
  readonly change: readonly string[]
  readonly message?: string
  readonly platform?: string
}

/** Writes images to one archive. @param dest `-` is standard output */
export function saveCommand(
  session: Session,
  names: readonly string[],
  dest: string,
  format: 'docker' | 'oci',
  platform: string | undefined,
): Promise<void> {
  if (dest === '-' && session.out.isTerminal) {
    throw new FlagError('an archive is not written to a terminal', 'add -o FILE, or send standard output to a file')
  }
  return withImages(session, (images) =>
    images.save(names, { format, dest, ...(platform !== undefined && { platform }) }, session.signal),
  )
}

/** Reads an archive and prints the names of what was in it. @param file the archive, as `--input` has it */
export function loadCommand(session: Session, file: string | undefined, { input, limit }: LoadFlags): Promise<void> {
  if (file !== undefined && input !== undefined) {
    throw new FlagError('load reads one archive', 'name it with -i or behind the flags, not both')
  }
  const work = async (images: ImageCommands) => {
    const loaded = await images.load(file ?? input ?? '-', session.signal)
    const text = (name: string) =>
      `${name.startsWith('sha256:') ? 'Loaded image ID' : 'Loaded image'}: ${visible(name)}\n`
    session.out.print(loaded.map(text).join(''))
  }
  return withImages(session, work, limit)
}

/** Makes an image of a tar and prints its id. */
export function importCommand(
  session: Session,
  file: string,
  name: string | undefined,
  { change, message, platform, limit }: ImportFlags,
): Promise<void> {
  const options = {
    changes: change,
    ...(name !== undefined && { name }),
    ...(message !== undefined && { message }),
    ...(platform !== undefined && { platform }),
  }
  const work = async (images: ImageCommands) => {
    const id = await images.import(file, options, session.signal)
    session.out.print(`${id}\n`)
  }
  return withImages(session, work, limit)
}
