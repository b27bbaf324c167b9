import { chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { execPath } from 'node:process'
import { busyboxBase } from './busybox-base.ts'
import { type Ran, tsbuild } from './command-line.ts'
import { type Container, runInContainer } from './container.ts'
import { writeFiles } from './files.ts'
import { type ShownImage, showImage } from './image-lines.ts'
import { runProgram } from './programs.ts'

/** The command line of the sources. */
export const startCli = path.join(import.meta.dirname, 'programs/start-cli.cjs')

/** Somebody with a folder of his own, in which a store and a context are: who builds the same on another rung. */
export interface Builder {
  readonly folder: string
  /** Writes files of the context, and a `base.tar` with a root file system. */
  write(files: Readonly<Record<string, string>>): void
  /** Runs `tsbuild ARGV` in the folder. */
  run(...argv: readonly string[]): Promise<Ran>
  /** Builds the context as `app`, and shows the image. Throws with what was said when that fails. */
  build(...argv: readonly string[]): Promise<ShownImage>
  /** What the last build said on standard error. */
  said(): string
  remove(): void
}

/** Rung 1: whoever runs the test, on this machine. */
export function onMachine(): Builder {
  const folder = freshFolder(process.getuid?.() ?? 0)
  const place = { directory: folder, environment: { root: path.join(folder, 'store') } }
  return builderIn(folder, 0, (...argv) => tsbuild(place, ...argv))
}

/** Rung 2: a user of this machine. */
export function asUser(
  user: { readonly uid: number; readonly gid: number; readonly name: string },
  tools?: string,
): Builder {
  const folder = freshFolder(user.uid)
  const place = {
    directory: folder,
    environment: { root: path.join(folder, 'store') },
    user,
    ...(tools && { path: tools }),
  }
  return builderIn(folder, user.uid, (...argv) => tsbuild(place, ...argv))
}

/** Rungs 3 and 4: root, or somebody else, in an unprivileged container. */
export function inContainer(
  uid: number,
  more: Partial<Container> = {},
): Builder & {
  /** Runs a line of shell there. */
  sh(line: string): Promise<Ran>
} {
  const folder = freshFolder(uid)
  mkdirSync(rootsCache, { recursive: true })
  const env = {
    HOME: folder,
    TMPDIR: folder,
    TSBUILD_ROOT: path.join(folder, 'store'),
    NODE_COMPILE_CACHE: uid === 0 ? rootsCache : path.join(folder, 'node'),
  }
  const shared = uid === 0 ? [rootsCache] : []
  const container = { uid, writable: [folder, ...shared], cwd: folder, ...more, env: { ...env, ...more.env } }
  return {
    ...builderIn(folder, uid, (...argv) => runInContainer(container, execPath, startCli, ...argv)),
    sh: (line) => runInContainer(container, 'sh', '-c', line),
  }
}

function builderIn(folder: string, uid: number, run: Builder['run']): Builder {
  const context = path.join(folder, 'context')
  let said = ''
  return {
    folder,
    write(files) {
      mkdirSync(context, { recursive: true })
      copyFileSync(busyboxBase(), path.join(context, 'base.tar'))
      writeFiles(context, files)
      chownSync(context, uid, uid)
    },
    run,
    async build(...argv) {
      const { status, stderr } = await run('build', '-t', 'app', ...argv, 'context')
      said = stderr
      if (status !== 0) throw new Error(`${status}: ${stderr}`)
      return await showImage(rootsCopy(path.join(folder, 'store'), folder), 'app', new Map())
    },
    said: () => said,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** A store may only be read by whom it belongs to. */
function rootsCopy(store: string, folder: string): string {
  const copy = path.join(folder, 'copy-of-store')
  rmSync(copy, { recursive: true, force: true })
  runProgram('cp', '--archive', store, copy)
  runProgram('chown', '-hR', '0:0', copy)
  return copy
}

function freshFolder(uid: number): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'tsbuild-rung-'))
  chownSync(folder, uid, uid)
  chmodSync(folder, 0o700)
  return folder
}

/** What Node compiled for other tests. */
const rootsCache = path.join(tmpdir(), 'tsbuild-test-cache/node')
