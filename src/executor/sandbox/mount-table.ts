import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { nameBytes } from '../../tree/index.ts'
import { isKernel, type Machine } from './machine.ts'

/** A row of `fstab`. */
export interface MountRow {
  readonly source: string
  readonly target: string
  readonly type: string
  readonly options: readonly string[]
}

/** Directories to merge: `lowers` topmost first. */
export interface OverlayDirectories {
  readonly lowers: readonly string[]
  readonly upper: string
  readonly work: string
  readonly merged: string
}

/** The name of the table that `writeMountTable` puts in its folder, to be mounted from there by `mount -a -T table`. */
export const tableName = 'table'

/**
 * Writes what `mount --all` is to mount, in order. The options of an overlay must fit a page and may hold no colon, so
 * directories are named by short links in `folder`, which has to be the working directory then.
 */
export function writeMountTable(folder: string, rows: readonly MountRow[]): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const text = rows.map(({ source, target, type, options }) =>
    [escaped(source), escaped(target), type, options.join(','), '0 0\n'].join(' '),
  )
  writeFileSync(path.join(folder, tableName), nameBytes(text.join('')), { mode: 0o600 })
}

/** The row for an overlay, and the links that its options go by. */
export function overlayRow(
  folder: string,
  name: string,
  { lowers, upper, work, merged }: OverlayDirectories,
  machine: Machine,
  further: readonly string[] = [],
): MountRow {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const link = (to: string, as: string) => {
    symlinkSync(nameBytes(to), path.join(folder, as))
    return as
  }
  const below = (lowers.length > manyLowers ? linkFolders : linkEach)(lowers, name, link)
  const [upperdir, workdir] = [link(upper, `${name}u`), link(work, `${name}w`)]
  return {
    source: 'overlay',
    target: merged,
    type: 'overlay',
    options: [
      `lowerdir=${below.join(':')}`,
      `upperdir=${upperdir}`,
      `workdir=${workdir}`,
      ...featuresOf(machine),
      // The directory is scratch until the step is over: syncing it to disk meanwhile only costs time.
      ...(isKernel(machine, 5, 10) ? ['volatile'] : []),
      ...further,
    ],
  }
}

type Link = (to: string, as: string) => string

/** Beyond these, to make and remove a link for each takes longer than the mount. */
const manyLowers = 32
/** Of a page of options, what lower directories may take. */
const lowersLength = 3900

function linkEach(lowers: readonly string[], name: string, link: Link): readonly string[] {
  return lowers.map((lower, index) => link(lower, `${name}${index}`))
}

/** Most layers lie side by side: a link to the folder they are in, and their names. */
function linkFolders(lowers: readonly string[], name: string, link: Link): readonly string[] {
  const folders = [...new Set(lowers.map((lower) => path.dirname(lower)))]
  const names = lowers.map((lower) => `${name}${folders.indexOf(path.dirname(lower))}/${path.basename(lower)}`)
  const isPlain = names.every((one) => /^[\w./-]+$/.test(one))
  if (!isPlain || names.join(':').length > lowersLength) return linkEach(lowers, name, link)
  for (const [index, folder] of folders.entries()) link(folder, `${name}${index}`)
  return names
}

/**
 * What a distribution may have switched on makes marks in the upper directory that are no files: renames and changes of
 * metadata that point into the lower ones. In a user namespace it is always off.
 */
function featuresOf(machine: Machine): readonly string[] {
  if (machine.inUserNamespace) return ['userxattr']
  return isKernel(machine, 4, 19) ? ['redirect_dir=off', 'metacopy=off', 'index=off'] : []
}

/** As fstab(5) has it: blanks and backslashes as octal. */
function escaped(text: string): string {
  return text.replace(/[\s\\#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`)
}
