import type { StoreCheck, StoreFinding } from '../../index.ts'
import { countText, humanSize, visible } from '../../text/index.ts'
import { Reported } from '../error-text.ts'
import { exitCodes } from '../exit.ts'
import type { Session } from '../session.ts'
import { jsonText } from '../text/json.ts'

export interface FsckFlags {
  readonly repair?: true
  readonly format: 'text' | 'json'
}

/** Prints what a check of the store found. @throws {Reported} with status 1 when an image is broken */
export async function fsckCommand(session: Session, { repair, format }: FsckFlags): Promise<void> {
  const { checkStore } = await session.library()
  const options = { signal: session.signal, ...(repair && { repair }) }
  const check = await checkStore(options, session.environment)
  session.out.print(format === 'json' ? `${jsonText(check, 2)}\n` : fsckText(check))
  if (!check.whole) throw new Reported(exitCodes.failure)
}

/** A line for each finding with what to do about it, losses first, and one for all. */
export function fsckText(check: StoreCheck): string {
  const { findings, images, blobs, records, bytesRead, milliseconds } = check
  const ordered = [...findings].sort((a, b) => (a.level < b.level ? -1 : a.level > b.level ? 1 : 0))
  const seen = `${countText(images, 'image')}, ${countText(blobs, 'blob')} and ${countText(records, 'record')} looked at`
  const read = `${humanSize(bytesRead)} read in ${(milliseconds / 1000).toFixed(1)} s`
  return [...ordered.map(findingText), `${verdict(check)}: ${seen}, ${read}\n`].join('')
}

function findingText({ level, message, hint, mended }: StoreFinding): string {
  const outcome = mended ? `      ${mended}\n` : `      hint: ${visible(hint)}\n`
  return `${level === 'loss' ? 'LOSS ' : 'waste'} ${visible(message)}\n${outcome}`
}

function verdict({ whole, findings }: StoreCheck): string {
  if (!whole) return 'the store has lost something'
  return findings.length === 0 ? 'the store is whole' : 'no image is damaged'
}
