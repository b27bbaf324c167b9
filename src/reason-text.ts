import type { FileChange, KeyChange, MissReason } from './executor/index.ts'
import { type PinnedImage, stepPlace } from './graph/index.ts'
import { squeezed } from './text/index.ts'

/**
 * Why a step has to run, on one line: `src/app.ts changed (2 more)`, `ARG VERSION 1.2 → 1.3`, `never built here`. Not cleaned of
 * what could move a cursor.
 */
export function reasonText(reason: MissReason): string {
  switch (reason.kind) {
    case 'never-built':
      return 'never built here'
    case 'failed':
      return `failed in build ${reason.build}`
    case 'not-cached':
      return reason.why
    case 'removed':
      return withNotes(removedText(reason), [failureNote(reason)])
    case 'changed': {
      const { what, more } = firstOf(reason.changes)
      return withNotes(what, [more > 0 ? `${more} more` : '', failureNote(reason)])
    }
  }
}

function removedText({ build, source }: Extract<MissReason, { readonly kind: 'removed' }>): string {
  if (build === undefined) return 'the result was removed from the cache'
  if (source === undefined) return `removed from the cache since build ${build}`
  return `build ${build} took it from ${source}, which does not give it now`
}

function failureNote({ failedIn }: { readonly failedIn?: number }): string {
  return failedIn === undefined ? '' : `failed in build ${failedIn}`
}

/** `a.txt changed (2 more; failed in build 3)` */
function withNotes(text: string, notes: readonly string[]): string {
  const said = notes.filter((note) => note !== '')
  return said.length > 0 ? `${text} (${said.join('; ')})` : text
}

/** A reason for programs: with `what`, the first change in words, and how many `more` there are. */
export function reasonJson(reason: MissReason): object {
  if (reason.kind !== 'changed') return reason
  const { kind, changes, ...others } = reason
  return { kind, ...firstOf(changes), changes, ...others }
}

function firstOf([first, ...others]: readonly KeyChange[]): { readonly what: string; readonly more: number } {
  if (!first) return { what: 'something changed', more: 0 }
  const more = countOf(first) - 1 + others.reduce((sum, change) => sum + countOf(change), 0)
  return { what: changeText(first), more }
}

function countOf(change: KeyChange): number {
  return change.kind === 'files' ? change.files.length + change.more : 1
}

/** The first file, of several; else all of the change. */
function changeText(change: KeyChange): string {
  switch (change.kind) {
    case 'files': {
      const [first] = change.files
      return first ? fileText(first) : 'files changed'
    }
    case 'input':
      return fileText({ path: change.name, change: change.change })
    case 'variable':
      return `${change.argument ? 'ARG' : 'ENV'} ${valuesText(change.name, change)}`
    case 'mount':
      return `mount ${valuesText(change.path, change)}`
    case 'definition':
      return change.part === 'instruction'
        ? `instruction changed: ${arrow(change)}`
        : `${partNames[change.part] ?? change.part} ${arrow(change)}`
    case 'base':
      return baseText(change)
    case 'step':
      return stepText(change.label)
  }
}

const fileWords = { changed: 'changed', added: 'is new', removed: 'is gone' } as const

/** `a.txt changed`, or `a.txt: mode 0644 → 0600`. */
export function fileText(file: FileChange): string {
  const permissions = permissionsText(file)
  return permissions === '' ? `${file.path} ${fileWords[file.change]}` : `${file.path}: ${permissions}`
}

/** Of one whose bytes are what they were. */
function permissionsText({ mode, owner }: FileChange): string {
  const [modes, owners] = [mode && `mode ${arrow(mode)}`, owner && `owner ${arrow(owner)}`]
  return [modes, owners].filter(Boolean).join(', ')
}

/** `base node:22 moved sha256:ab… → cd…` */
function baseText({ before, now }: Extract<KeyChange, { readonly kind: 'base' }>): string {
  const [from, to] = [familiar(before.name), familiar(now.name)]
  if (from !== to) return `base ${from} → ${to}`
  return `base ${to} moved ${before.manifest.slice(0, 19)}… → ${now.manifest.slice(7, 19)}…`
}

/** As short as people write it. */
function familiar(name: string): string {
  return name.replace(/^docker\.io\/(?:library\/)?/, '')
}

/** Which step changed: `step build 3/5 changed`, by what stands in brackets before it. */
export function stepText(label: string | undefined): string {
  const place = label === undefined ? undefined : stepPlace(label)
  if (!place) return 'an earlier step changed'
  const { platform, stage, index, total } = place
  return `step ${[platform, stage, `${index}/${total}`].filter(Boolean).join(' ')} changed`
}

/** All of a change, a part a line: each file, and values whole. */
export function changeLines(change: KeyChange): readonly string[] {
  switch (change.kind) {
    case 'files':
      return change.files.map((file) => {
        const permissions = permissionsText(file)
        return `${file.change.padEnd(7)}  ${file.path}${permissions === '' ? '' : `: ${permissions}`}`
      })
    case 'variable': {
      const { before = '(not set)', now = '(not set)' } = change
      const hidden = before === now ? ' (another value, which is not shown)' : ''
      return [`${change.argument ? 'ARG' : 'ENV'} ${change.name}: ${before} → ${now}${hidden}`]
    }
    case 'mount':
      return [`mount ${change.path}: ${change.before ?? '(none)'} → ${change.now ?? '(none)'}`]
    case 'definition':
      return [`${partNames[change.part] ?? change.part}: ${change.before ?? '(none)'} → ${change.now ?? '(none)'}`]
    case 'base':
      return [`base: ${nameOf(change.before)} → ${nameOf(change.now)}`]
    case 'input':
    case 'step':
      return [changeText(change)]
  }
}

function nameOf({ name, manifest }: PinnedImage): string {
  return name.includes('@') ? familiar(name) : `${familiar(name)}@${manifest}`
}

interface Values {
  readonly before?: string
  readonly now?: string
}

function valuesText(name: string, { before, now }: Values): string {
  if (before === undefined) return `${name}=${short(now)} is new`
  if (now === undefined) return `${name} is gone (was ${short(before)})`
  return before === now ? `${name} changed` : `${name} ${arrow({ before, now })}`
}

/** Both on one line, from a little before the first letter in which they differ. */
function arrow({ before, now }: Values): string {
  if (before === undefined || now === undefined) return `${short(before, '(none)')} → ${short(now, '(none)')}`
  const [was, is] = [squeezed(before), squeezed(now)]
  let same = 0
  while (same < was.length && was[same] === is[same]) same++
  const start = Math.max(was.length, is.length) <= shown ? 0 : Math.max(0, same - 20)
  return `${short(was, '', start)} → ${short(is, '', start)}`
}

/** Letters of a value that are shown. */
const shown = 60

function short(value: string | undefined, absent = '', start = 0): string {
  if (value === undefined) return absent
  const line = squeezed(value)
  if (line === '') return '""'
  const part = line.slice(start)
  return `${start > 0 ? '…' : ''}${part.length <= shown ? part : `${part.slice(0, shown - 1)}…`}`
}

/** Parts of a definition as the Dockerfile and the command line call them. */
const partNames: Readonly<Record<string, string>> = {
  cwd: 'WORKDIR',
  user: 'USER',
  network: '--network',
  security: '--security',
  chown: '--chown',
  chmod: '--chmod',
  link: '--link',
  parents: '--parents',
  excludes: '--exclude',
  shmSize: '--shm-size',
  ulimits: '--ulimit',
  hostNames: '--add-host',
  seccomp: '--security-opt seccomp',
}
