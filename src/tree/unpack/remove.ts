import { lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs'

/**
 * Removes what is at a place, and all below it. Follows no link, and takes names that are not UTF-8.
 * @param removed told each place that is gone
 */
export function removeBelow(place: Buffer, removed: (place: Buffer) => void = () => undefined): void {
  if (!lstatSync(place).isDirectory()) {
    unlinkSync(place)
    removed(place)
    return
  }
  const directories = [place]
  for (let at = 0; at < directories.length; at++) {
    const directory = directories[at] ?? place
    for (const item of readdirSync(directory, { withFileTypes: true, encoding: 'buffer' })) {
      const child = Buffer.concat([directory, slash, item.name])
      if (item.isDirectory()) {
        directories.push(child)
        continue
      }
      unlinkSync(child)
      removed(child)
    }
  }
  for (const directory of directories.reverse()) {
    rmdirSync(directory)
    removed(directory)
  }
}

/** Removes all that is in a directory. */
export function emptyDirectory(place: Buffer): void {
  for (const name of readdirSync(place, { encoding: 'buffer' })) removeBelow(Buffer.concat([place, slash, name]))
}

const slash = Buffer.from('/')
