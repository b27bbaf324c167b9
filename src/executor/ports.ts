import type { Cache } from '../cache/index.ts'
import type { Digest } from '../digest/index.ts'
import type { TsbuildError } from '../errors.ts'
import type { GitOp, HttpOp, ImageOp, Node, OpId } from '../graph/index.ts'
import type { Layer, Platform } from '../image/index.ts'
import type { Limits } from '../limits.ts'
import type { Secret } from '../secret.ts'
import type { FileTree, SymlinkEntry } from '../tree/index.ts'
import type { Emulation } from './emulation.ts'
import type { EventSink, MissReason } from './events.ts'
import type { LeftRun } from './ops/left-run.ts'
import type { LeftFiles, RootfsProvider } from './rootfs/index.ts'
import type { Resources, Sandbox } from './sandbox/index.ts'

/** What `execute` asks of the world. Each is answered late: a build that hits all its steps asks for little of it. */
export interface ExecutorPorts {
  readonly cache: Cache
  readonly sources: Sources
  readonly sandbox: () => Promise<Sandbox>
  /** Why no command can be run here, as far as that is plain without a look for a sandbox. */
  readonly runRefusal?: () => TsbuildError | undefined
  /** How programs for another machine can be run here. Asked only when a RUN has such. Absent: as the kernel does it. */
  readonly emulation?: (platform: Platform) => Promise<Emulation>
  readonly rootfs: () => Promise<RootfsProvider>
  readonly secrets: Secrets
  readonly agents: Agents
  readonly hosts: Hosts
  /** A fresh private directory on the store's file system. */
  readonly temporary: (prefix: string) => Promise<string>
  /** Runs `work` while no other process holds the same name; the signal ends the waiting for it. */
  readonly locked: <T>(name: string, work: () => Promise<T>, signal: AbortSignal) => Promise<T>
  readonly events: EventSink
  /** For explaining a miss: what earlier builds say. */
  readonly former?: Former
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Steps that run at once. */
  readonly jobs: number
  /** Absent: no rules but the defaults. */
  readonly steps?: StepRules
  /** Gets a RUN that failed, before its files go. @returns the next step for the user, when there is one */
  readonly keepFailed?: (failed: FailedRun) => Promise<string | undefined>
  /** Steps that this build ran already, and whose records `--no-cache` does not keep from being found. */
  readonly ranBefore?: (step: OpId) => boolean
  /** Told of the files after each step that is done. */
  readonly stepDone?: (node: Node, layers: readonly Layer[]) => void
  /** What archives and account files may ask for; absent: the default limits. */
  readonly limits?: Limits
  readonly signal: AbortSignal
}

/** What is known of earlier builds. */
export interface Former {
  /**
   * The text of the instruction that stood where this one stands, and its own, when the last build of the Dockerfile had another
   * there, which is nowhere in it any more.
   */
  instruction(node: Pick<Node, 'label'>): Promise<{ readonly before: string; readonly now: string } | undefined>
  /** In which build a step failed, by its key or its op id, when no later one is known to have it. */
  failure(name: Digest | OpId): Promise<FormerFailure | undefined>
  /** The newest build that had what a step with this key gives. */
  result(key: Digest): Promise<FormerResult | undefined>
}

export interface FormerResult {
  /** Its number. */
  readonly build: number
  /** The shared cache that it was taken from. */
  readonly source?: string
}

export interface FormerFailure {
  /** Its number. */
  readonly build: number
  /** Why the step was tried there. */
  readonly reason?: MissReason
}

/** What the command line says of how RUNs are run. No part of any key: a step that ends well gives the same without. */
export interface StepRules {
  readonly resources?: Resources
  /** Milliseconds that a command may take. */
  readonly timeout?: number
  /** How often a RUN that fails is run again. */
  readonly retries?: number
  /** Milliseconds before that. */
  readonly retryDelay?: number
}

/** A RUN whose command failed. */
export interface FailedRun {
  readonly run: LeftRun
  readonly error: TsbuildError
  /** Puts its files into an empty directory on the file system of the store. */
  readonly take: (folder: string) => Promise<LeftFiles>
}

/** A node whose files are fetched. */
export type RemoteNode = Node & { readonly op: HttpOp | GitOp }

/** Files that come from outside the graph. */
export interface Sources {
  /** The build context, or a named one. */
  context(name: string): Promise<ContextFiles>
  /** The layers of a resolved image, lowest first; nothing is fetched before one is read. */
  image(op: ImageOp): Promise<readonly Layer[]>
  /** The files of a URL or a commit, fetched unless what is there is still what the server has. */
  remote(node: RemoteNode, signal: AbortSignal): Promise<FileTree>
}

/** A context as COPY sees it: without what `.dockerignore` takes away. */
export interface ContextFiles {
  readonly tree: FileTree
  /** As it was read ahead: good for finding what is in the cache. Undefined when that is too long ago. */
  readonly early?: () => ContextFiles | undefined
  /** Where on the host it is, when all of it may be seen as it is there. */
  readonly directory?: string
  /** For a path that is not in the tree: the rule that took it away (`.dockerignore:3`), if one did. */
  excludedBy(path: string): string | undefined
  /** For a path that is not in the tree: the symbolic link that leads from it out of the context, if one does. */
  leavesBy(path: string): SymlinkEntry | undefined
}

/** Secrets that the command line names. */
export interface Secrets {
  /** Of all that were given. */
  readonly ids: readonly string[]
  /** What becomes of a layer that has the value of one in it: an error, or a notice. */
  readonly inLayers: 'refused' | 'allowed'
  /** The value of a secret, read at most once: what comes out of a pipe can be had only once. Undefined when nobody gave it. */
  read(id: string): Promise<Secret | undefined>
}

/** The ssh agents that the command line lends. */
export interface Agents {
  /**
   * Lets the agent of this id answer at a new socket until it is disposed of; undefined when nobody gave it.
   * @param place absolute path of the socket, in a folder for nobody else
   */
  serve(id: string, place: string): Promise<AsyncDisposable | undefined>
}

/** What a RUN finds in `/etc/hosts` and `/etc/resolv.conf`. Neither counts in its key. */
export interface Hosts {
  /** `--add-host`, with the address of each name. */
  extra(): Promise<readonly { readonly name: string; readonly address: string }[]>
  /** The host's own `/etc/resolv.conf`. */
  resolvConf(): Promise<string>
}

/** Whether a step is to run, whatever is in the cache. */
export function isForced({ id, noCache }: Node, { ranBefore }: Pick<ExecutorPorts, 'ranBefore'>): boolean {
  return noCache === true && !ranBefore?.(id)
}
