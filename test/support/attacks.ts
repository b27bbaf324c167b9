import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { getuid } from 'node:process'
import { type BuildOptions, build, TsbuildError } from '../../src/index.ts'
import { busyboxBase, hasBusyboxBase, noBusyboxBase } from './busybox-base.ts'
import { erofsProblem } from './erofs.ts'
import { hasProgram } from './programs.ts'
import { openWorkspace } from './workspace.ts'

/** How steps are shut in, and how layers are made a directory for them. */
export interface Form {
  readonly runtime: 'crun' | 'runc' | 'native' | 'chroot'
  readonly snapshotter: 'erofs' | 'overlay' | 'copy'
}

const isRoot = getuid?.() === 0
/** Why builds that are attacked cannot be tried on this machine; empty when they can. */
export const noAttacks = hasBusyboxBase ? (isRoot ? '' : 'needs root') : noBusyboxBase

const withErofs = noAttacks === '' && (await erofsProblem()) === '' ? 'erofs' : 'overlay'
const all: readonly Form[] = [
  { runtime: 'crun', snapshotter: withErofs },
  { runtime: 'runc', snapshotter: 'overlay' },
  { runtime: 'native', snapshotter: 'overlay' },
  { runtime: 'native', snapshotter: 'copy' },
  { runtime: 'chroot', snapshotter: 'copy' },
]

/** The forms of this machine: each runtime and each snapshotter at least once. */
export const forms = all.filter(({ runtime }) => !/run/.test(runtime) || hasProgram(runtime))
/** One of each runtime: for what does not depend on the snapshotter. */
export const oneOfEach = forms.filter((form) => forms.find(({ runtime }) => runtime === form.runtime) === form)
/** Those that shut a step in: `chroot` says itself that it does not. */
export const isolating = forms.filter(({ runtime }) => runtime !== 'chroot')

/** What came of a build that is attacked. */
export interface Outcome {
  /** What the steps printed. */
  readonly log: string
  /** The code of the error that it ended with; undefined when it did not. */
  readonly code: string | undefined
}

/** A store with the image `base` (busybox), and a folder outside of all builds with a canary. */
export interface Target extends AsyncDisposable {
  readonly directory: string
  /** A folder of this machine that no step may see, with `canary` and `sub/canary` in it. */
  readonly outside: string
  /** True while the folder is as it was made. */
  isIntact(): boolean
  /** Writes files into the context. */
  write(files: Readonly<Record<string, string | Uint8Array>>): void
  /**
   * Builds a Dockerfile. `$T` in it is the folder outside, `$U` a word of this build: what has none may come from the cache.
   * What is thrown beside errors of tsbuild is a bug, and thrown.
   */
  build(dockerfile: string, form: Form, options?: Partial<BuildOptions>, path?: string): Promise<Outcome>
}

/** The word that may come out nowhere. */
export const canary = 'CANARY-8a1f0c'

export async function openTarget(): Promise<Target> {
  const workspace = await openWorkspace()
  const { directory, environment } = workspace
  await workspace.import(busyboxBase(), 'base')
  mkdirSync(join(directory, 'context'))
  const outside = join(directory, 'outside')
  mkdirSync(join(outside, 'sub'), { recursive: true })
  for (const name of ['canary', 'sub/canary']) writeFileSync(join(outside, name), canary)
  let builds = 0
  const write: Target['write'] = (files) => {
    for (const [name, content] of Object.entries(files)) {
      const file = join(directory, 'context', name)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, content)
    }
  }
  return {
    directory,
    outside,
    isIntact() {
      const names = readdirSync(outside, { recursive: true }).sort().join()
      const isSame = (name: string) => readFileSync(join(outside, name), 'utf8') === canary
      return names === 'canary,sub,sub/canary' && ['canary', 'sub/canary'].every(isSame)
    },
    write,
    async build(dockerfile, form, options = {}, path = process.env['PATH'] ?? '') {
      const word = `build-${++builds}`
      write({ [`../${word}`]: dockerfile.replaceAll('$T', outside).replaceAll('$U', word) })
      let log = ''
      const onEvent: BuildOptions['onEvent'] = (event) => {
        if (event.type === 'step:log') log += Buffer.from(event.bytes).toString('latin1')
      }
      try {
        const place = { ...environment, env: { PATH: path } }
        await build({ context: 'context', file: join(directory, word), onEvent, ...form, ...options }, place)
        return { log, code: undefined }
      } catch (error) {
        if (!(error instanceof TsbuildError)) throw error
        return { log, code: error.code }
      }
    },
    [Symbol.asyncDispose]: () => workspace[Symbol.asyncDispose](),
  }
}
