import { statSync } from 'node:fs'
import path from 'node:path'
import { TsbuildError } from '../../errors.ts'
import type { BoundMount } from './step-mounts.ts'

/** A mount inside of another one of the step. */
export interface NestedMount {
  readonly mount: BoundMount
  /** From the root, without a leading slash. */
  readonly place: string
  readonly kind: 'directory' | 'file'
}

/**
 * The mounts that lie in another mount of the step. What that other one shows may hold links, or be changed by a step that
 * runs at the same time, so a path into it cannot be trusted.
 */
export function isNested(mount: BoundMount, all: readonly BoundMount[]): boolean {
  return all.some((other) => other !== mount && isInside(mount, other))
}

/** @throws {TsbuildError} TSB_SANDBOX_TARGET for a file in a directory that other steps may write to */
export function nestedMount(mount: BoundMount, all: readonly BoundMount[]): NestedMount {
  const isFile = statSync(mount.source, { throwIfNoEntry: false })?.isDirectory() === false
  const shared = all.find((other) => !other.readOnly && isInside(mount, other))
  if (isFile && shared) {
    throw new TsbuildError(
      'TSB_SANDBOX_TARGET',
      `${mount.target} is a file in ${shared.target}, which is mounted too`,
      {
        hint: 'install runc for that, or choose a target outside of it',
      },
    )
  }
  return { mount, place: mount.target.replace(/^\/+/, ''), kind: isFile ? 'file' : 'directory' }
}

/** The arguments for `nestedScript`, with how many they are first. */
export function nestedArguments(mounts: readonly NestedMount[]): readonly string[] {
  const each = mounts.flatMap(({ mount, place, kind }) => [kind, place, mount.readOnly ? 'ro' : 'rw', mount.source])
  return [String(mounts.length), ...each]
}

/**
 * Mounts what `nestedArguments` gives. It goes into one directory after the other and looks whether it is where it wants to
 * be; `mount` then takes the working directory itself, whatever its name leads to meanwhile.
 */
export const nestedScript = `
enter() {
  [ -d "./$1" ] || mkdir -- "./$1" || return 1
  cd -P -- "./$1" || return 1
  place="$place/$1"
  [ "$PWD" = "$place" ] || { echo "$place leads to $PWD" >&2; return 1; }
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
    [ ! -h "$target" ] || { echo "$place/$rest is a link" >&2; return 1; }
    [ -f "$target" ] || : >"$target" || return 1
  fi
  mount --no-mtab --no-canonicalize --bind "$4" "$target" || return 1
  # What was mounted on the working directory is entered by name again; if that leads elsewhere now, nothing is there.
  [ "$target" != . ] || cd -P -- "$place" || return 1
  mount --no-mtab --no-canonicalize -o "remount,bind,nosuid,nodev,$3" "$target"
}
root=$1 nested=$2
shift 2
while [ "$nested" -gt 0 ]; do
  nest "$1" "$2" "$3" "$4" || exit 125
  shift 4
  nested=$((nested - 1))
done
`

function isInside(mount: BoundMount, other: BoundMount): boolean {
  const target = path.normalize(mount.target)
  return target.startsWith(`${path.normalize(other.target)}/`)
}
