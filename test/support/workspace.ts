import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { BuildEvent, BuildOptions, BuildResult, Environment } from '../../src/index.ts'
import { build, openImages } from '../../src/index.ts'

/** A folder of its own with a store, for tests that build. */
export interface Workspace {
  readonly directory: string
  readonly environment: Environment
  /** Writes files below the folder: path to text. */
  write(files: Readonly<Record<string, string>>): Promise<void>
  /** Builds `context` (below the folder) and keeps what happened. */
  build(options: Partial<BuildOptions> & { readonly context?: string }): Promise<Built>
  dispose(): Promise<void>
}

export interface Built {
  readonly result: BuildResult
  readonly events: readonly BuildEvent[]
  /** Labels of the steps that ran, in order. */
  readonly ran: readonly string[]
  readonly cached: readonly string[]
}

/** @param base an image archive that is loaded as `busybox`, or `undefined` for none */
export async function openWorkspace(base?: string): Promise<Workspace> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'tsbuild-test-'))
  const environment: Environment = {
    root: path.join(directory, 'store'),
    cwd: directory,
    env: { PATH: process.env['PATH'] },
    now: () => Date.now(),
    stdout: process.stdout,
    stdin: process.stdin,
    arch: process.arch,
  }
  if (base !== undefined) await importBase(environment, base)
  return {
    directory,
    environment,
    async write(files) {
      for (const [name, text] of Object.entries(files)) {
        const file = path.join(directory, name)
        await mkdir(path.dirname(file), { recursive: true })
        await writeFile(file, text)
      }
    },
    async build({ context = '.', ...options }) {
      const events: BuildEvent[] = []
      const onEvent = (event: BuildEvent) => void events.push(event)
      const result = await build({ context, onEvent, ...options }, environment)
      return { result, events, ran: stepsThatRan(events), cached: labelsOf(events, 'step:cached') }
    },
    dispose: () => rm(directory, { recursive: true, force: true }),
  }
}

async function importBase(environment: Environment, base: string): Promise<void> {
  const images = await openImages(environment)
  try {
    await images.import(base, { name: 'busybox', changes: ['CMD ["sh"]'] }, new AbortController().signal)
  } finally {
    await images.close()
  }
}

function stepsThatRan(events: readonly BuildEvent[]): readonly string[] {
  const missed = new Set(events.flatMap((event) => (event.type === 'step:miss' ? [event.step] : [])))
  return events.flatMap((event) => (event.type === 'step:start' && missed.has(event.step) ? [event.label] : []))
}

function labelsOf(events: readonly BuildEvent[], type: 'step:cached'): readonly string[] {
  return events.flatMap((event) => (event.type === type ? [event.label] : []))
}

/** Copies a fixture's context (or makes an empty one) into the workspace. */
export async function useContext(workspace: Workspace, context: string): Promise<string> {
  const to = path.join(workspace.directory, 'context')
  await rm(to, { recursive: true, force: true })
  await mkdir(to)
  await cp(context, to, { recursive: true, verbatimSymlinks: true, force: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    },
  )
  return to
}
