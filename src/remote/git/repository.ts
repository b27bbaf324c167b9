import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { TsbuildError } from '../../errors.ts'
import { makeFolder } from '../../make-folder.ts'
import { explained } from './failure.ts'
import { GitFailure, type GitProgram } from './program.ts'
import type { FoundRef } from './refs.ts'
import type { Transport } from './transport.ts'

/**
 * Has what `found` points at in the bare repository of its remote; asks for as little as the server gives out: the commit
 * without its history, else all there is. Nothing is asked for what is here.
 * @param gitDir made when it is not there
 * @throws {TsbuildError} TSB_GIT_REF_NOT_FOUND, and those of `explained`
 */
export async function fetchObject(
  git: GitProgram,
  transport: Transport,
  gitDir: string,
  found: FoundRef,
): Promise<void> {
  const { remote, access } = transport
  await prepare(git, gitDir, found.object)
  if (await hasCommit(git, gitDir, found.object)) return
  await rm(path.join(gitDir, 'shallow.lock'), { force: true }) // a killed git may have left it; we hold the lock
  await explained(remote, access, async () => {
    for (const attempt of attempts(found, existsSync(path.join(gitDir, 'shallow')))) {
      await fetch(transport, gitDir, attempt)
      if (await hasCommit(git, gitDir, found.object)) return
    }
    throw new TsbuildError('TSB_GIT_REF_NOT_FOUND', `repository does not contain commit ${found.object}: ${remote}`, {
      hint: 'check the id; a commit that no branch or tag leads to is given out by few servers',
    })
  })
}

async function prepare(git: GitProgram, gitDir: string, object: string): Promise<void> {
  if (existsSync(gitDir)) return
  const part = `${gitDir}.part`
  await rm(part, { recursive: true, force: true })
  makeFolder(part, 0o700)
  const format = object.length === 64 ? ['--object-format=sha256'] : []
  await git.run(['init', '--quiet', '--bare', '--template=', ...format], { gitDir: part })
  await rename(part, gitDir)
}

async function hasCommit(git: GitProgram, gitDir: string, object: string): Promise<boolean> {
  try {
    await git.run(['cat-file', '-e', `${object}^{commit}`], { gitDir })
    return true
  } catch (error) {
    if (error instanceof GitFailure) return false
    throw error
  }
}

interface Attempt {
  readonly options: readonly string[]
  readonly refspecs: readonly string[]
  /** What the server may say when there is another way. */
  readonly unless?: RegExp
}

/** Every commit has a ref of its own: names would clash over time, and what no ref leads to may be thrown away. */
function attempts({ object, name, pinned }: FoundRef, isShallow: boolean): readonly Attempt[] {
  const options = ['--depth=1']
  const kept = `refs/tsbuild/${object}`
  const unless = /not our ref|unadvertised object|couldn't find remote ref|no such remote ref/i
  const all = ['+refs/heads/*:refs/remote/heads/*', '+refs/tags/*:refs/remote/tags/*']
  return [
    ...(name && !pinned ? [{ options, refspecs: [`+${name}:${kept}`], unless }] : []),
    { options, refspecs: [`+${object}:${kept}`], unless },
    { options: ['--prune', ...(isShallow ? ['--unshallow'] : [])], refspecs: all },
  ]
}

async function fetch(
  { remote, talk }: Transport,
  gitDir: string,
  { options, refspecs, unless }: Attempt,
): Promise<void> {
  const ask = (chosen: readonly string[]) =>
    talk(['fetch', '--no-tags', '--no-write-fetch-head', ...chosen, '--', remote, ...refspecs], { gitDir })
  try {
    await ask(options).catch((error) => {
      // Plain file servers know no depth.
      if (!options.includes('--depth=1') || !isAbout(error, /shallow|--depth/i)) throw error
      return ask([])
    })
  } catch (error) {
    if (!unless || !isAbout(error, unless)) throw error
  }
}

function isAbout(error: unknown, pattern: RegExp): boolean {
  return error instanceof GitFailure && pattern.test(error.stderr)
}
