import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { TsbuildError } from '../errors.ts'
import { whyNoFile, whyNoFolder } from '../why-no-file.ts'
import { exporting } from './destination.ts'
import { checkLayoutFolder } from './folder.ts'

/**
 * Refuses a place where nothing could be written in the end, before there is anything to write. A directory may be missing,
 * the one that a file is to be in not.
 * @param place absolute
 * @param hint for who names a directory where a file is written, or the other way round
 * @throws {TsbuildError} TSB_EXPORT_DEST, TSB_EXPORT_WRITE; TSB_EXPORT_REFUSED for a directory that no layout may be written to
 */
export async function checkPlace(kind: 'file' | 'folder' | 'layout', place: string, hint: string): Promise<void> {
  const found = kindOfDestination(place)
  const unfit = kind === 'file' ? 'directory' : 'file'
  if (found === unfit) {
    const what = found === 'directory' ? 'is a directory' : 'is no directory'
    throw new TsbuildError('TSB_EXPORT_DEST', `${place} ${what}`, { hint })
  }
  const reason = kind === 'file' ? whyNoFile(place) : whyNoFolder(place)
  if (reason !== undefined) {
    const isMissing = kind === 'file' && !existsSync(path.dirname(place))
    const what = isMissing ? 'make the directory first, or name another place' : 'name a place that you may write to'
    throw new TsbuildError('TSB_EXPORT_WRITE', `cannot write ${place}: ${reason}`, { hint: what })
  }
  if (kind === 'layout' && found === 'directory') await exporting(place, () => checkLayoutFolder(place))
}

/** Undefined for what is not there, or cannot be looked at. */
function kindOfDestination(place: string): 'directory' | 'file' | undefined {
  try {
    const found = statSync(place, { throwIfNoEntry: false })
    return found && (found.isDirectory() ? 'directory' : 'file')
  } catch {
    return undefined
  }
}
