import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { BuildEvent, BuildOptions, BuildResult, Environment } from '../../src/index.ts'
import { build, openImages } from '../../src/index.ts'
import { writeFiles } from './files.ts'

/** A folder of its own with a store, for tests that build. */
export interface Workspace extends AsyncDisposable {
  readonly directory: string
  readonly environment: Environment
  /** Writes files and links below the folder, as `writeFiles` takes them. */
  write(files: Readonly<Record<string, string>>): void
  /** Copies what is in a folder, when there is one, into a fresh folder of the workspace. */
  copy(from: string, to: string): Promise<void>
  /** Puts a root file system into the store as an image with `CMD ["sh"]` and the usual PATH. */
  import(tar: string, name: string): Promise<void>
  /** Builds and keeps what happened; the context is `context` below the folder. */
  build(options?: Partial<BuildOptions>): Promise<Built>
}

export interface Built {
  readonly result: BuildResult
  readonly events: readonly BuildEvent[]
  /** Labels of the steps that ran, in the order they began. */
  readonly ran: readonly string[]
  readonly cached: readonly string[]
}

const settings = ['ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'CMD ["sh"]']

export async function openWorkspace(): Promise<Workspace> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'tsbuild-test-'))
  const environment: Environment = {
    root: path.join(directory, 'store'),
    cwd: directory,
    env: { PATH: process.env['PATH'] },
    now: Date.now,
    stdout: process.stdout,
    stdin: process.stdin,
    arch: process.arch,
  }
  return {
    directory,
    environment,
    write: (files) => writeFiles(directory, files),
    copy: (from, to) => copyFolder(from, path.join(directory, to)),
    async import(tar, name) {
      const images = await openImages(environment)
      const options = { name, changes: settings, message: `imported as ${name}` }
      await images.import(tar, options, new AbortController().signal).finally(images.close)
    },
    async build(options = {}) {
      const events: BuildEvent[] = []
      const onEvent = (event: BuildEvent) => void events.push(event)
      const result = await build({ context: 'context', onEvent, ...options }, environment)
      return { result, events, ran: labelsThatRan(events), cached: labelsOfCached(events) }
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  }
}

async function copyFolder(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true })
  await mkdir(to, { recursive: true })
  await cp(from, to, { recursive: true, verbatimSymlinks: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
}

function labelsThatRan(events: readonly BuildEvent[]): readonly string[] {
  const missed = new Set(events.flatMap((event) => (event.type === 'step:miss' ? [event.step] : [])))
  return events.flatMap((event) => (event.type === 'step:start' && missed.has(event.step) ? [event.label] : []))
}

function labelsOfCached(events: readonly BuildEvent[]): readonly string[] {
  return events.flatMap((event) => (event.type === 'step:cached' ? [event.label] : []))
}
