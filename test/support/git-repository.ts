import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { hasProgram } from './programs.ts'

export const hasGit = hasProgram('git')
export const noGit = 'needs git (apt-get install git)'

/** A file: its text; `x:` before it makes it executable, `->` a symbolic link; null takes it away. */
export type Files = Readonly<Record<string, string | null>>

/** A real repository on this machine, for a server to serve. */
export interface Repository {
  readonly path: string
  /** Runs git in it and gives what it printed, without the line end. Throws with its words when it fails. */
  git(...args: readonly string[]): string
  /** Writes files and commits them. Returns the id. */
  commit(files: Files, message?: string): string
}

/** 2024-01-02T03:04:05Z: when every commit is made, in seconds since 1970. */
export const commitTime = 1_704_164_645

/** @param path ends in `.git` where a server wants it to, though it has files beside its own */
export function makeRepository(path: string, ...options: readonly string[]): Repository {
  mkdirSync(path, { recursive: true })
  const git = (...args: readonly string[]) => runGit(path, args)
  git('init', '--quiet', '--initial-branch=main', ...options)
  return {
    path,
    git,
    commit(files, message = 'a commit') {
      for (const [name, content] of Object.entries(files)) writeEntry(join(path, name), content)
      // One process that starts three: a test has much memory, and takes long to start one.
      const commands = 'git add --all --force && git commit --quiet --allow-empty --message "$1" && git rev-parse HEAD'
      return run(path, 'sh', ['-c', commands, 'sh', message])
    },
  }
}

function writeEntry(place: string, content: string | null): void {
  rmSync(place, { recursive: true, force: true })
  if (content === null) return
  mkdirSync(dirname(place), { recursive: true })
  if (content.startsWith('->')) symlinkSync(content.slice(2).trim(), place)
  else writeFileSync(place, content.replace(/^x:/, ''))
  if (content.startsWith('x:')) chmodSync(place, 0o755)
}

/** Git without the settings of this machine, and with a clock that stands. */
export function runGit(cwd: string, args: readonly string[], input?: string): string {
  return run(cwd, 'git', args, input)
}

function run(cwd: string, program: string, args: readonly string[], input?: string): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, env: gitEnv, encoding: 'utf8', input })
  if (error) throw error
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: exit ${status}\n${stderr}`)
  return stdout.replace(/\n$/, '')
}

const date = `${commitTime} +0000`
const gitEnv = {
  PATH: process.env['PATH'],
  LC_ALL: 'C',
  HOME: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  // No hooks to copy, nothing to tidy up.
  GIT_TEMPLATE_DIR: '',
  GIT_CONFIG_COUNT: '1',
  GIT_CONFIG_KEY_0: 'maintenance.auto',
  GIT_CONFIG_VALUE_0: 'false',
  GIT_AUTHOR_NAME: 'A U Thor',
  GIT_AUTHOR_EMAIL: 'author@example.com',
  GIT_AUTHOR_DATE: date,
  GIT_COMMITTER_NAME: 'A U Thor',
  GIT_COMMITTER_EMAIL: 'author@example.com',
  GIT_COMMITTER_DATE: date,
}
