import path from 'node:path'
import { TsbuildError } from '../../errors.ts'
import type { BoundMount } from './step-mounts.ts'

/**
 * The mounts that lie in another mount of the step. What that other one shows may hold links, or be changed by a step that
 * runs at the same time, so a path into it cannot be trusted.
 */
export function isNested(mount: BoundMount, all: readonly BoundMount[]): boolean {
  return all.some((other) => other !== mount && isInside(mount, other))
}

/**
 * Of the mounts of a step those that are made before its runtime begins, by `nestFunctions`: directories in another mount,
 * and what these lie in. The rest is for the runtime: files, and what goes into its own `/dev`.
 */
export function mountsAhead(all: readonly BoundMount[]) {
  const nested = all.filter(
    (mount) => mount.shows === 'directory' && !mount.target.startsWith('/dev/') && isNested(mount, all),
  )
  const outer = all.filter((mount) => !isNested(mount, all) && nested.some((inner) => isInside(inner, mount)))
  return { outer, nested, rest: all.filter((mount) => !nested.includes(mount) && !outer.includes(mount)) }
}

/** @throws {TsbuildError} TSB_SANDBOX_TARGET for a file in a directory that other steps may write to */
export function checkNested(mount: BoundMount, all: readonly BoundMount[]): void {
  const shared = all.find((other) => !other.readOnly && isInside(mount, other))
  if (mount.shows === 'directory' || !shared) return
  throw new TsbuildError('TSB_SANDBOX_TARGET', `${mount.target} is a file in ${shared.target}, which is mounted too`, {
    hint: 'install runc for that, or choose a target outside of it',
  })
}

/** What `nest` takes of a mount: its kind, its place from the root without a leading slash, its access and its source. */
export function nestArguments({ shows, target, readOnly, source }: BoundMount): readonly string[] {
  return [shows, target.replace(/^\/+/, ''), readOnly ? 'ro' : 'rw', source]
}

/** How `nest` says that a place is not where it seems to be. */
export const leadsAway = 'nest: '

/**
 * The shell function `nest` mounts what `nestArguments` gives below `$root`. It goes into one directory after the other and
 * looks whether it is where it wants to be; `mount` then takes the working directory itself, whatever its name leads to
 * meanwhile.
 */
export const nestFunctions = `
enter() {
  [ -d "./$1" ] || mkdir -- "./$1" || return 1
  cd -P -- "./$1" || return 1
  place="$place/$1"
  [ "$PWD" = "$place" ] || { echo "${leadsAway}$place leads to $PWD" >&2; return 1; }
}
nest() {
  cd -P -- "$root" || return 1
  place=$PWD rest=$2
  while [ "\${rest#*/}" != "$rest" ]; do
    enter "\${rest%%/*}" || return 1
    rest=\${rest#*/}
  done
  target="./$rest"
  if [ "$1" = directory ]; then
    enter "$rest" || return 1
    target=.
  else
    [ ! -h "$target" ] || { echo "${leadsAway}$place/$rest is a link" >&2; return 1; }
    [ -f "$target" ] || : >"$target" || return 1
  fi
  mount --no-mtab --no-canonicalize --bind "$4" "$target" || return 1
  # What was mounted on the working directory is entered by name again; if that leads elsewhere now, nothing is there.
  [ "$target" != . ] || cd -P -- "$place" || return 1
  mount --no-mtab --no-canonicalize -o "remount,bind,nosuid,nodev,$3" "$target"
}
`

function isInside(mount: BoundMount, other: BoundMount): boolean {
  const target = path.normalize(mount.target)
  return target.startsWith(`${path.normalize(other.target)}/`)
}
