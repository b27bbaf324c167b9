import type { BuildOptions } from '../../options.ts'
import type { SourceRange } from '../../source.ts'
import type { Unreached } from '../unreached.ts'

export interface ContextOptions extends BuildOptions {
  /** Paths of the context to explain: relative to its root, or absolute when it is a directory of this machine. */
  readonly why?: readonly string[] | undefined
}

/** What a build can take of its context, and what it does take. */
export interface ContextReport {
  /** As it was named. */
  readonly context: string
  /** The ignore file that counts, and how many patterns it has; absent without one. */
  readonly ignoreFile?: { readonly name: string; readonly patterns: number }
  /** Each file, folder and link that is not ignored, a folder before what is in it. */
  readonly files: readonly ContextFile[]
  readonly total: ContextSum
  /** Folders with all that is below them, largest first; the context itself is not among them. */
  readonly folders: readonly ContextFolder[]
  /** What the ignore file takes away, without what is below it. */
  readonly ignored: readonly IgnoredPath[]
  /** What the Dockerfile takes for the target that was asked for, in its order. */
  readonly uses: readonly ContextUse[]
  /** What no instruction takes: the topmost folders and files of which nothing is taken, largest first. */
  readonly unused: { readonly total: ContextSum; readonly folders: readonly ContextFolder[] }
  /** One for each path that was asked about. */
  readonly why: readonly ContextAnswer[]
  readonly advice: readonly ContextAdvice[]
  /** Base images that no registry could be asked about: what depends on their variables may be missing. */
  readonly unreached: readonly Unreached[]
}

/** What is at a path of a context; `special`: a fifo or device, which cannot be copied. */
export interface ContextFile {
  readonly path: string
  readonly kind: 'file' | 'directory' | 'symlink' | 'hardlink' | 'special'
  /** Bytes; 0 for all but files. */
  readonly size: number
  /** Positions in `uses`. */
  readonly usedBy: readonly number[]
}

export interface ContextSum {
  /** All but folders. */
  readonly files: number
  readonly bytes: number
}

export interface ContextFolder extends ContextSum {
  readonly path: string
  /** False for a file. */
  readonly isFolder: boolean
}

/** A line of an ignore file. */
export interface IgnoreLine {
  readonly file: string
  /** From 1. */
  readonly line: number
  /** In normal form, with its `!`. */
  readonly pattern: string
}

export interface IgnoredPath {
  readonly path: string
  /** Absent for a store that lies in the context. */
  readonly by?: IgnoreLine
}

/** A COPY, an ADD or a bind mount that reads the context. */
export interface ContextUse extends ContextSum {
  /** As progress shows it: `[build 2/5] COPY . .` */
  readonly label: string
  readonly kind: 'copy' | 'mount'
  readonly at?: SourceRange
  /** Of those that are not found the build would fail. */
  readonly sources: readonly {
    readonly path: string
    readonly error?: { readonly message: string; readonly hint?: string }
  }[]
}

export interface ContextAnswer {
  /** From the root of the context. */
  readonly path: string
  /** `partly`: a folder that is ignored, of which something is taken back; `missing`: nothing is there at all. */
  readonly outcome: 'sent' | 'ignored' | 'partly' | 'missing'
  /** The line that decided; absent when no line matches. */
  readonly decidedBy?: IgnoreLine
  /** All lines that had a say, in order: each turned what those before it said. */
  readonly lines: readonly IgnoreLine[]
  /** Positions in `uses` of what takes it, or something below it. */
  readonly usedBy: readonly number[]
}

export interface ContextAdvice {
  readonly code: 'git' | 'node-modules' | 'no-ignore-file' | 'mostly-unused'
  readonly message: string
  /** What to do. */
  readonly hint: string
}
