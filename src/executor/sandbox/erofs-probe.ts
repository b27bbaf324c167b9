import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { erofsImage } from '../../erofs/index.ts'
import { type Change, impliedDirectory, treePath } from '../../tree/index.ts'
import { mountImage } from './mount-image.ts'
import { type OverlayTrial, tryOverlay } from './overlay-trial.ts'

/** What is deleted in the layer has to be gone, what it replaced to be hidden, and its file to be there and be removable. */
const checks = `
[ ! -e "$1/gone" ] && [ ! -e "$1/made/old" ] || { echo "what a layer deletes is still there" >&2; exit 125; }
read -r word <"$1/made/new" && [ "$word" = text ] || exit 125
rm "$1/made/new" && mkdir "$1/new" || exit 125
`

/**
 * Mounts the image of a little layer as steps have it, over a directory.
 * @param scratch an empty directory
 * @returns what is in the way, `''` when nothing is
 */
export async function probeErofs(scratch: string, trial: Omit<OverlayTrial, 'lowers' | 'checks'>): Promise<string> {
  const at = (name: string) => path.join(scratch, name)
  await mkdir(at('below/made'), { recursive: true })
  await Promise.all(['below/made/old', 'below/gone'].map((name) => writeFile(at(name), '')))
  await writeFile(at('tar'), Buffer.alloc(512, 'text\n'))
  await writeFile(at('image'), erofsImage(layer(at('tar')), { name: '0'.repeat(64), size: 512 }, 'make'))
  try {
    using image = mountImage(at('image'), at('tar'))
    return await tryOverlay(scratch, { ...trial, lowers: [image.path, at('below')], checks })
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return error.message
    throw error
  }
}

function layer(tar: string): readonly Change[] {
  const owner = { uid: 0, gid: 0, mtime: 0 }
  return [
    { kind: 'whiteout', path: treePath('gone') },
    { ...impliedDirectory(treePath('made')), opaque: true },
    {
      ...{ kind: 'file', path: treePath('made/new'), mode: 0o644, size: 512, ...owner },
      content: { kind: 'host', path: tar, offset: 0 },
    },
  ]
}
