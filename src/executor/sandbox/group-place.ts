import { accessSync, constants, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { isSystemError } from '../../errors.ts'
import { type Controller, type Hierarchy, readHierarchies } from './hierarchies.ts'

/** A folder in which groups can be made that this controller holds. */
export interface GroupPlace {
  readonly controller: Controller
  readonly version: 1 | 2
  readonly folder: string
  readonly mountPoint: string
}

/**
 * Where the group of a step can be made: below the group that tsbuild itself is in, or beside it where processes and groups
 * may not lie in one folder, so that the limits around tsbuild count for the step too.
 * @param parent `--cgroup-parent`
 * @returns a text says why there is no such place
 */
export function findPlace(
  controller: Controller,
  parent: string | undefined,
  hierarchies: readonly Hierarchy[] = readHierarchies(),
): GroupPlace | string {
  const first = hierarchies.find((hierarchy) => hierarchy.controllers.includes(controller))
  if (first) return placeIn(first.own, first, controller, parent)
  const second = hierarchies.find((hierarchy) => hierarchy.version === 2 && isKnown(hierarchy.mountPoint, controller))
  return second ? unifiedPlace(second, controller, parent) : `this machine has no control groups for ${controller}`
}

function placeIn(
  folder: string,
  { mountPoint, version }: Hierarchy,
  controller: Controller,
  parent: string | undefined,
): GroupPlace | string {
  const named = parent === undefined ? folder : path.posix.join(mountPoint, path.posix.join('/', parent))
  try {
    mkdirSync(named, { recursive: true, mode: 0o755 })
    accessSync(named, constants.W_OK)
    if (version === 2) enable(named, mountPoint, controller)
    return { controller, version, folder: named, mountPoint }
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EBUSY')) return `${named} has processes of its own, or no ${controller}`
    if (isSystemError(error, 'ENOTDIR', 'EEXIST')) return `${named} is no control group`
    if (isSystemError(error, 'EACCES', 'EPERM', 'EROFS')) return `${named} is not for this user to write to`
    throw error
  }
}

/** The nearest folder above the own group that will do; the root of all groups may have processes and groups. */
function unifiedPlace(hierarchy: Hierarchy, controller: Controller, parent: string | undefined): GroupPlace | string {
  const { own, mountPoint } = hierarchy
  let problem = ''
  for (let folder = own === mountPoint ? own : path.dirname(own); ; folder = path.dirname(folder)) {
    const found = canMoveIn(folder) ? placeIn(folder, hierarchy, controller, parent) : `${folder} may not be written to`
    if (typeof found !== 'string') return found
    problem ||= found
    if (folder === mountPoint || parent !== undefined) return problem
  }
}

/** Who moves a process needs the right for the folder above both groups. */
function canMoveIn(folder: string): boolean {
  try {
    accessSync(path.join(folder, 'cgroup.procs'), constants.W_OK)
    return true
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EACCES', 'EPERM', 'EROFS')) return false
    throw error
  }
}

/** Lets the groups in a folder have the controller, and those above it before. */
function enable(folder: string, mountPoint: string, controller: Controller): void {
  const file = path.join(folder, 'cgroup.subtree_control')
  if (words(file).includes(controller)) return
  if (!isKnown(folder, controller) && folder !== mountPoint) enable(path.dirname(folder), mountPoint, controller)
  writeFileSync(file, `+${controller}`)
}

function isKnown(folder: string, controller: Controller): boolean {
  const file = path.join(folder, 'cgroup.controllers')
  return statSync(file, { throwIfNoEntry: false }) !== undefined && words(file).includes(controller)
}

function words(file: string): readonly string[] {
  return readFileSync(file, 'utf8').trim().split(/\s+/)
}
