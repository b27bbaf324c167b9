import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gitOp, parseGitReference } from '../../src/planner/remote/git-reference.ts'
import { type Checkout, openRemotes, type RemoteOptions } from '../../src/remote/index.ts'
import { Secret } from '../../src/secret.ts'
import { type FileTree, readSmall, walk } from '../../src/tree/index.ts'
import { scratch } from './scratch.ts'

/** Fetches by reference, as ADD does. */
export interface Fetcher {
  /** The cache. */
  readonly folder: string
  readonly notices: readonly string[]
  fetch(reference: string, flags?: { readonly keepGitDir?: boolean; readonly checksum?: string }): Promise<Checkout>
}

export interface FetcherOptions {
  readonly secrets?: Readonly<Record<string, string>>
  readonly agent?: string
  readonly env?: Readonly<Record<string, string>>
  readonly locked?: RemoteOptions['locked']
  readonly signal?: AbortSignal
}

/** @param folder the cache; is made */
export function fetcher(folder: string, options: FetcherOptions = {}): Fetcher {
  const { secrets = {}, agent, env, locked = (_, work) => work(), signal = new AbortController().signal } = options
  const notices: string[] = []
  const remotes = openRemotes({
    folder,
    secret: async (id) => (secrets[id] === undefined ? undefined : new Secret(Buffer.from(secrets[id]))),
    agent: async (id) => (id === 'default' ? agent : undefined),
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env },
    locked,
    temporary: () => scratch(),
    notice: (message) => notices.push(message),
    now: () => 0,
  })
  return {
    folder,
    notices,
    async fetch(text, flags = {}) {
      const reference = parseGitReference(text)
      if (!reference) throw new Error(`${text} is no git reference`)
      return remotes.git(gitOp(reference, flags), reference.login, signal)
    },
  }
}

/** A line for each entry: kind, mode, path, and what is in it. */
export async function linesOf(tree: FileTree): Promise<readonly string[]> {
  const lines = []
  for (const entry of walk(tree)) {
    const mode = entry.mode.toString(8)
    if (entry.kind === 'file') lines.push(`${mode} ${entry.path}: ${(await textOf(tree, entry.path)).trim()}`)
    else lines.push(`${mode} ${entry.path}${entry.kind === 'symlink' ? ` -> ${entry.target}` : '/'}`)
  }
  return lines
}

export async function textOf(tree: FileTree, path: string): Promise<string> {
  const entry = [...walk(tree)].find((candidate) => candidate.path === path)
  if (entry?.kind !== 'file') throw new Error(`no file ${path}`)
  return Buffer.from(await readSmall(entry, 1 << 20)).toString()
}

/** A PATH on which `git` is a script of ours that ends by being git. */
export function wrappedGit(folder: string, script: string): string {
  mkdirSync(folder, { recursive: true })
  const path = process.env['PATH'] ?? ''
  writeFileSync(join(folder, 'git'), `#!/bin/sh\n${script}\nPATH='${path}' exec git "$@"\n`)
  chmodSync(join(folder, 'git'), 0o755)
  return `${folder}:${path}`
}
