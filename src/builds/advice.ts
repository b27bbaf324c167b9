import type { FileChange, KeyChange } from '../executor/index.ts'
import { withoutPlace } from './compare.ts'
import type { BuildRecord, StepRecord } from './record.ts'
import { variablesTooEarly } from './variable-advice.ts'

/** What would keep a step in the cache the next time. */
export interface Advice {
  /** For programs. */
  readonly kind:
    | 'copy-above-install'
    | 'ignore-files'
    | 'argument-too-early'
    | 'variable-too-early'
    | 'url-not-pinned'
    | 'base-not-pinned'
    | 'no-cache'
    | 'removed'
  /** For people. */
  readonly text: string
}

/** @param cause the step below for which this one ran */
export function adviceFor(step: StepRecord, cause: StepRecord | undefined, build: BuildRecord): readonly Advice[] {
  const { reason } = step
  if (reason?.kind === 'not-cached') return [noCache]
  if (reason?.kind === 'removed') return reason.source === undefined ? [removed] : notAsked(reason.source, build)
  if (reason?.kind !== 'changed') return []
  const { changes } = reason
  return [
    ...ignorable(changes),
    ...variablesTooEarly(step, changes, build),
    ...notPinned(step, changes, build),
    ...movedBase(changes),
    ...copyAbove(step, cause, build),
  ]
}

const noCache: Advice = {
  kind: 'no-cache',
  text: '--no-cache was given: --no-cache-filter=STAGE runs the steps of one stage only',
}

const removed: Advice = {
  kind: 'removed',
  text: 'it was built just so before, and its result is gone: prune less (tsbuild prune --filter until=168h), or give --cache-max, TSBUILD_CACHE_MAX more room',
}

/** Nothing for a build that asked it, and did not get it. */
function notAsked(source: string, { steps }: BuildRecord): readonly Advice[] {
  if (steps.some(({ id }) => id === `internal:cache-from ${source}`)) return []
  const text = `what a shared cache has is not kept in the store: name ${source} in --cache-from of each build`
  return [{ kind: 'removed', text }]
}

/** Files that are seldom meant to be in an image, and what to write into the ignore file for them. */
const seldomMeant: readonly (readonly [pattern: RegExp, line: string])[] = [
  [/^\.git\//, '.git'],
  [/(?:^|\/)node_modules\//, '**/node_modules'],
  [/(?:^|\/)__pycache__\//, '**/__pycache__'],
  [/(?:^|\/)\.venv\//, '**/.venv'],
  [/(?:^|\/)\.DS_Store$/, '**/.DS_Store'],
  [/^(?:\.idea|\.vscode)\//, '.idea and .vscode'],
  [/\.(?:log|swp|tmp)$/, '**/*.log, **/*.swp and **/*.tmp'],
  [/(?:^|\/)(?:Dockerfile[^/]*|Containerfile|\.dockerignore|[^/]*\.dockerignore)$/, 'Dockerfile* and .dockerignore'],
  [/^(?:coverage|\.nyc_output|\.pytest_cache|\.mypy_cache|\.cache)\//, 'coverage and caches of tools'],
]

function ignorable(changes: readonly KeyChange[]): readonly Advice[] {
  const files = changes.flatMap((change): readonly FileChange[] => (change.kind === 'files' ? change.files : []))
  const inside = files.filter(({ path }) => !path.startsWith('/'))
  const present = inside.filter(({ change }) => change !== 'removed')
  return seldomMeant.flatMap(([pattern, line]): readonly Advice[] => {
    const found = present.filter(({ path }) => pattern.test(path))
    const [first, ...others] = found
    if (!first) return []
    const more = others.length === 0 ? '' : ` and ${others.length} more like it`
    const only = found.length === inside.length ? ' It is all that changed.' : ''
    return [
      {
        kind: 'ignore-files',
        text: `${first.path}${more} is in the context: write ${line} into .dockerignore, unless the image needs it.${only}`,
      },
    ]
  })
}

function notPinned(step: StepRecord, changes: readonly KeyChange[], { steps }: BuildRecord): readonly Advice[] {
  if (!changes.some(({ kind }) => kind === 'files' || kind === 'input')) return []
  const remote = steps.find(({ id, kind }) => step.inputs.includes(id) && (kind === 'http' || kind === 'git'))
  if (!remote) return []
  const what = remote.kind === 'http' ? '--checksum=sha256:…' : '--checksum=COMMIT'
  return [
    {
      kind: 'url-not-pinned',
      text: `what the server gives has changed: ADD ${what} says which one is meant, and is not asked for again`,
    },
  ]
}

function movedBase(changes: readonly KeyChange[]): readonly Advice[] {
  const base = changes.find((change) => change.kind === 'base')
  if (!base || base.before.name !== base.now.name || base.now.name.includes('@')) return []
  return [
    {
      kind: 'base-not-pinned',
      text: `the tag has moved: FROM ${base.now.name.replace(/^docker\.io\/(?:library\/)?/, '')}@sha256:… stays where it is, and without --pull what the store has is taken`,
    },
  ]
}

const installs =
  /\b(?:npm (?:ci|i|install)|yarn(?: install)?\b|pnpm (?:i|install)|bun install|pip3? install|poetry install|uv (?:sync|pip)|bundle install|composer install|go mod download|cargo (?:fetch|build)|mvn\b|gradle\b|apt(?:-get)? (?:-\S+ )*install|apk (?:-\S+ )*add|dnf (?:-\S+ )*install|yum (?:-\S+ )*install)/

/** An install that ran for files it does not read. */
function copyAbove(step: StepRecord, cause: StepRecord | undefined, build: BuildRecord): readonly Advice[] {
  const command = withoutPlace(step.label)
  const found = /^RUN /.test(command) ? installs.exec(command) : null
  if (!found || !cause || !/^(?:LINK )?(?:COPY|ADD)\b(?!.* --from=)/.test(withoutPlace(cause.label))) return []
  const words = withoutPlace(cause.label)
    .split(' ')
    .filter((word) => !word.startsWith('--'))
  const everything = words.slice(1, -1).some((word) => /^(?:\.|\.\/|\/|\*)$/.test(word))
  if (!everything) return []
  const line = cause.lines && build.dockerfile ? ` (${build.dockerfile.path}:${cause.lines.start})` : ''
  return [
    {
      kind: 'copy-above-install',
      text: `any file that changes runs "${found[0]}" again: above it, copy only what it reads (package.json and the lock file, say), and move ${withoutPlace(cause.label)}${line} below it`,
    },
  ]
}
