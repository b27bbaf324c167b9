import { TsbuildError } from '../errors.ts'
import {
  formatPlatform,
  type ImageOrSet,
  imagesOf,
  isImageSet,
  normalizePlatform,
  platformFolder,
} from '../image/index.ts'
import { type FileTree, joinPath, overlay, rootPath, type TreePath, walk } from '../tree/index.ts'

/** The files of an image, and the folder that they go to. */
export interface Root {
  /** `linux_amd64`; the root of the export where nothing is split. */
  readonly folder: TreePath
  readonly tree: FileTree
}

/**
 * The files of images: those of several are apart, each platform in a folder of its own, unless they are to be put together.
 * @param split absent: where there are several
 * @throws {TsbuildError} TSB_EXPORT_CONFLICT for a file that two of them have, when they are put together
 */
export async function rootsOf(image: ImageOrSet, split = isImageSet(image)): Promise<readonly Root[]> {
  const roots = await Promise.all(
    imagesOf(image).map(async ({ config, layers }) => ({
      name: formatPlatform(normalizePlatform(config)),
      folder: split ? joinPath(rootPath, platformFolder(normalizePlatform(config))) : rootPath,
      tree: overlay(await Promise.all(layers.map((layer) => layer.tree()))),
    })),
  )
  if (!split && roots.length > 1) refuseConflicts(roots)
  return roots
}

function refuseConflicts(roots: readonly (Root & { readonly name: string })[]): void {
  const owners = new Map<TreePath, string>()
  for (const { name, tree } of roots) {
    for (const { kind, path } of walk(tree)) {
      if (kind === 'directory') continue
      const owner = owners.get(path)
      if (owner !== undefined) throw conflict(path, owner, name)
      owners.set(path, name)
    }
  }
}

function conflict(path: TreePath, owner: string, name: string): TsbuildError {
  return new TsbuildError(
    'TSB_EXPORT_CONFLICT',
    `cannot overwrite ${path} from ${owner} with ${name} when split option is disabled`,
    { hint: 'leave platform-split=false out, or give the files of each platform other names' },
  )
}
