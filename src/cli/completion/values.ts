import type { Argument, Option } from 'commander'
import { progressModes } from '../views/choose.ts'
import type { Candidate } from './complete.ts'

/** What may come, and whether files may come too. */
export interface Completion {
  readonly candidates: readonly Candidate[]
  readonly also: 'nothing' | 'files' | 'directories'
  /** The word goes on: `type=`. */
  readonly goesOn: boolean
}

export const nothing: Completion = { candidates: [], also: 'nothing', goesOn: false }

/** What a flag or an argument takes. */
export type Wanted =
  | { readonly kind: 'one-of'; readonly values: readonly string[]; readonly goesOn?: true }
  | { readonly kind: 'files' | 'directories' | PlaceKind | 'stages' | 'args' | 'commands' | 'text' }

/** Names of what the store has. */
type PlaceKind = 'images' | 'repositories' | 'containers'

const formats = ['table', 'json'] as const

/** Of flags whose definition says no more than what a person reads. */
const ofFlags: Readonly<Record<string, Wanted>> = {
  '--progress': oneOf(...progressModes),
  '--platform': oneOf(
    'linux/amd64',
    'linux/arm64',
    'linux/arm/v7',
    'linux/386',
    'linux/ppc64le',
    'linux/riscv64',
    'linux/s390x',
  ),
  '--call': oneOf('check', 'outline', 'targets', 'subrequests.describe'),
  '--allow': oneOf('network.host', 'security.insecure'),
  '--format': oneOf(...formats),
  '--target': { kind: 'stages' },
  '--no-cache-filter': { kind: 'stages' },
  '--build-arg': { kind: 'args' },
  '--tag': { kind: 'images' },
  '--output': goingOn(
    'type=oci,dest=',
    'type=docker,dest=',
    'type=tar,dest=',
    'type=local,dest=',
    'type=registry',
    'type=image,push=true',
  ),
  '--cache-from': goingOn('type=registry,ref=', 'type=local,src=', 'type=s3,bucket=', 'type=gha'),
  '--cache-to': goingOn('type=registry,ref=', 'type=local,dest=', 'type=s3,bucket=', 'type=gha', 'type=inline'),
  '--cache-mount': goingOn('id='),
  '--secret': goingOn('id='),
  '--ssh': oneOf('default'),
  '--security-opt': goingOn('seccomp='),
  '--filter': goingOn('type=', 'until=', 'inuse=', 'id=', 'description~='),
  '--build-context': { kind: 'text' },
}

/** By what stands between < and > or [ and ] in the definition of a flag or argument. */
const ofPlaceholders: Readonly<Record<string, 'files' | 'directories' | PlaceKind>> = {
  path: 'files',
  file: 'files',
  dest: 'files',
  directory: 'directories',
  context: 'directories',
  image: 'images',
  A: 'images',
  B: 'images',
  source: 'images',
  destination: 'images',
  repository: 'repositories',
  container: 'containers',
}

/** Paths inside of something else than this machine. */
const insideFlags = ['--unset-volume', '--why', '--cgroup-parent']

export function wantedValue({ argChoices, long, flags }: Option): Wanted {
  if (argChoices) return oneOf(...argChoices)
  if (long && insideFlags.includes(long)) return { kind: 'text' }
  const placeholder = /[<[]([a-z-]+)/.exec(flags)?.[1] ?? ''
  const kind = ofPlaceholders[placeholder]
  return kind ? { kind } : (ofFlags[long ?? ''] ?? { kind: 'text' })
}

export function wantedArgument(argument: Argument): Wanted {
  if (argument.argChoices) return oneOf(...argument.argChoices)
  return argument.name() === 'command' ? { kind: 'commands' } : { kind: ofPlaceholders[argument.name()] ?? 'text' }
}

function oneOf(...values: readonly string[]): Wanted {
  return { kind: 'one-of', values }
}

function goingOn(...values: readonly string[]): Wanted {
  return { kind: 'one-of', values, goesOn: true }
}
