import { once } from 'node:events'
import type { StepChange, StepEntry, StepOptions } from '../../index.ts'
import { humanSize, visible } from '../../text/index.ts'
import type { Session } from '../session.ts'
import { jsonText } from '../text/json.ts'
import { sayNotice } from './shell.ts'

export interface StepFilesFlags {
  readonly format?: 'text' | 'json'
}

/** Prints a directory, or a file, of a step as `ls -l` does. */
export async function lsCommand(
  session: Session,
  step: string | undefined,
  path: string,
  flags: StepFilesFlags,
): Promise<void> {
  const { environment, out } = session
  const { listStep } = await session.library()
  const listed = await listStep({ path, ...asked(step, session) }, environment)
  out.print(flags.format === 'json' ? `${jsonText(listed.found, 2)}\n` : entriesText(listed.found))
}

/** Prints the bytes of a file of a step as they are; on a terminal without what would command it. */
export async function catCommand(session: Session, step: string | undefined, path: string): Promise<void> {
  const { environment, out } = session
  const { readStep } = await session.library()
  const write = async (bytes: Uint8Array) => {
    if (out.isTerminal) out.print(Buffer.from(bytes).toString())
    else if (!out.stream.write(bytes)) await once(out.stream, 'drain')
  }
  await readStep({ path, ...asked(step, session), write }, environment)
}

/** Prints what a step changed: `A` added, `C` changed, `D` removed, as `docker diff` has it. */
export async function stepDiffCommand(
  session: Session,
  step: string | undefined,
  flags: StepFilesFlags,
): Promise<void> {
  const { environment, out } = session
  const { stepDiff } = await session.library()
  const { label, failed, found } = await stepDiff(asked(step, session), environment)
  if (flags.format === 'json') return out.print(`${jsonText({ label, failed, changes: found }, 2)}\n`)
  out.print(found.map(changeText).join(''))
}

/** Which step is looked at, and of which build, goes to standard error. */
function asked(step: string | undefined, session: Session): StepOptions {
  return { ...(step !== undefined && { step }), onEvent: (event) => sayNotice(event, session) }
}

function changeText({ path, change, entry }: StepChange): string {
  const size = entry?.kind === 'file' ? ` ${humanSize(entry.size)}` : ''
  return `${{ added: 'A', changed: 'C', removed: 'D' }[change]} ${visible(path)}${size}\n`
}

function entriesText(entries: readonly StepEntry[]): string {
  const owners = entries.map(({ uid, gid }) => `${uid}:${gid}`)
  const [ownerWidth, sizeWidth] = [
    Math.max(0, ...owners.map(lengthOf)),
    Math.max(0, ...entries.map(({ size }) => String(size).length)),
  ]
  return entries
    .map((entry, at) => {
      const time = new Date(entry.mtime * 1000).toISOString().slice(0, 16).replace('T', ' ')
      const name = visible(entry.path.split('/').at(-1) || '/')
      const target = entry.target === undefined ? '' : ` -> ${visible(entry.target)}`
      return `${modeText(entry)} ${owners[at]?.padEnd(ownerWidth)} ${String(entry.size).padStart(sizeWidth)} ${time} ${name}${target}\n`
    })
    .join('')
}

function lengthOf(text: string): number {
  return text.length
}

const kinds: Readonly<Record<StepEntry['kind'], string>> = {
  file: '-',
  hardlink: '-',
  directory: 'd',
  symlink: 'l',
  character: 'c',
  block: 'b',
  fifo: 'p',
}

/** `-rwxr-sr-t` */
function modeText({ kind, mode }: StepEntry): string {
  const special = [mode & 0o4000 ? 's' : '', mode & 0o2000 ? 's' : '', mode & 0o1000 ? 't' : '']
  const triples = [6, 3, 0].map((shift, at) => {
    const bits = (mode >> shift) & 7
    const mark = special[at] || 'x'
    const last = bits & 1 ? mark : special[at] ? mark.toUpperCase() : '-'
    return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${last}`
  })
  return `${kinds[kind]}${triples.join('')}`
}
