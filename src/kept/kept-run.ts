import type { LayerRecord } from '../cache/index.ts'
import { seal, unseal } from '../digest/index.ts'
import type { LeftRun, Resources } from '../executor/index.ts'
import type { PinnedImage } from '../graph/index.ts'
import type { ContainerConfig } from '../image/index.ts'

/** What a command left: of a RUN that failed, or of `tsbuild run`. */
export interface KeptRun {
  /** 12 hex digits. */
  readonly id: string
  readonly kind: 'failed' | 'container'
  /** One that the user gave. */
  readonly name?: string
  /** Milliseconds since 1970. */
  readonly created: number
  /** Of a container: when its command ended, and how. */
  readonly ended?: { readonly at: number; readonly exitCode: number }
  /** Of a RUN. */
  readonly build?: BuildOrigin
  readonly run: LeftRun
  /** How it was run. */
  readonly how: RunHow
  /** What the command changed: an upper directory beside this record, or a layer. */
  readonly files: { readonly kind: 'upper' } | { readonly kind: 'layer'; readonly layer: LayerRecord }
  readonly error?: { readonly code: string; readonly message: string }
  /** Of a container: what it stands on. */
  readonly image?: PinnedImage
  /** And the settings of that, with those of the command line. */
  readonly config?: ContainerConfig
}

/** The build that a step is of. */
export interface BuildOrigin {
  /** Where it was started. */
  readonly directory: string
  readonly context: string
  /** Of its record; absent when none could be written. */
  readonly number?: number
}

/** What the command line said of how RUNs are run, as far as it is no part of them. */
export interface RunHow {
  readonly runtime?: 'auto' | 'runc' | 'crun' | 'native' | 'chroot'
  readonly snapshotter?: 'auto' | 'erofs' | 'overlay' | 'copy'
  readonly addHosts?: readonly string[]
  readonly seccomp?: 'unconfined' | { readonly file: string }
  readonly resources?: Resources
  /** Absolute. */
  readonly cacheMountFolders?: Readonly<Record<string, string>>
}

/** The folder of the store with a folder for each. */
export const keptFolder = 'kept'
/** In the folder of one. */
export const recordName = 'run.json'

/** Milliseconds that something is kept. */
const keptFor = 60 * 60_000

/** From when on, milliseconds since 1970, a command that ended has left its files. */
export function leftAt({ created, ended }: KeptRun): number {
  return ended?.at ?? created
}

/** Whether it was kept long enough. A clock may have been put back. */
export function isOver(run: KeptRun, now: number): boolean {
  return Math.abs(now - leftAt(run)) > keptFor
}

/** As many are kept of each kind: that builds fail costs nobody a container. */
export const mostKept: Readonly<Record<KeptRun['kind'], number>> = { failed: 8, container: 32 }

/** As much may one be, and all of a kind, in bytes. */
export const mostBytes = 4 * 2 ** 30

const version = 1

export function formatKept(run: KeptRun): string {
  return seal(JSON.stringify({ version, run }))
}

/** Reads what `formatKept` wrote, which only this user can have; undefined for anything else, and of another version. */
export function parseKept(sealed: string): KeptRun | undefined {
  const text = unseal(sealed)
  if (text === undefined) return undefined
  try {
    const found = JSON.parse(text) as { readonly version?: unknown; readonly run?: KeptRun }
    return found.version === version ? found.run : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
