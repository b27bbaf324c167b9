import { createReadStream } from 'node:fs'
import { type Context, contextOfTree } from '../../context/index.ts'
import type { BuildOptions, Environment } from '../../options.ts'
import { type FileTree, overlay, type TreePath, treeOfEntries, treePath } from '../../tree/index.ts'
import type { InputPorts } from './ports.ts'
import { contextSource, type GitDefaults, type RemoteSource } from './source.ts'
import { stdinBytes } from './stdin.ts'
import type { StreamContext } from './stream.ts'

/** Archives are rarely contexts, and reading them takes much that no other build loads. */
const readStream: typeof import('./stream.ts').readStream = async (...asked) =>
  (await import('./stream.ts')).readStream(...asked)

/** A directory is opened when it is known which ignore file counts, and listed when somebody asks. */
export interface DirectoryContext {
  readonly kind: 'directory'
  readonly path: string
}

/** A context that is here as a whole, without an ignore file. */
export interface OpenedContext {
  readonly kind: 'opened'
  readonly context: Context
  /** What it is called: `standard input`, a URL. */
  readonly name: string
  /** The context was no archive, but the text of a Dockerfile. */
  readonly text?: string
  /** Of a URL: an absolute `-f` is a file of this machine. */
  readonly remote: boolean
  /** Those of the watched paths that an archive has more than once. */
  readonly repeated: ReadonlySet<TreePath>
  /** In seconds since 1970. */
  time(): Promise<number | undefined>
}

export type MainContext = DirectoryContext | OpenedContext

/**
 * Opens the main context.
 * @param watched paths of an archive of which it matters whether they come twice
 */
export async function openMainContext(
  options: BuildOptions,
  environment: Environment,
  ports: InputPorts,
  watched: readonly TreePath[],
): Promise<MainContext> {
  const { context } = options
  if (typeof context !== 'string') {
    if ('files' in context) return openFiles(context.files)
    return ofStream('the archive', await readStream(context.tar, 'the archive', ports, watched), false)
  }
  const source = await contextSource(context, environment.cwd, gitDefaults(options.args ?? {}))
  switch (source.kind) {
    case 'directory':
      return source
    case 'stdin': {
      const bytes = stdinBytes(environment, options.signal)
      return ports.progress.step('context', '[internal] load build context from standard input', async () =>
        ofStream('standard input', await readStream(bytes, 'standard input', ports, watched), false),
      )
    }
    case 'remote':
      return source.op.kind === 'git' ? openGit(source, ports) : openUrl(source, ports, watched)
  }
}

function openGit({ op, login, shown }: RemoteSource, { progress, fetch }: InputPorts): Promise<OpenedContext> {
  return progress.step('context', `[internal] load git source ${shown}`, async () => {
    const { tree, time } = await fetch(op, login)
    return { kind: 'opened', context: contextOfTree(tree), name: shown, remote: true, repeated: new Set(), time }
  })
}

function openUrl(source: RemoteSource, ports: InputPorts, watched: readonly TreePath[]): Promise<OpenedContext> {
  const { op, login, shown } = source
  return ports.progress.step('context', `[internal] load remote build context ${shown}`, async () => {
    const { tree, file, time } = await ports.fetch(op, login)
    if (!file) throw new Error('a URL is one file')
    const read = await readStream(createReadStream(file.path), shown, ports, watched)
    const opened = ofStream(shown, read, true)
    const { modified } = file
    if (read.kind === 'text') return { ...opened, context: contextOfTree(tree), time }
    return { ...opened, ...(modified !== undefined && { time: async () => modified }) }
  })
}

function ofStream(name: string, read: StreamContext, remote: boolean): OpenedContext {
  if (read.kind === 'archive') {
    const { context, repeated, newest } = read
    return { kind: 'opened', name, context, repeated, remote, time: async () => newest }
  }
  const { text } = read
  return {
    kind: 'opened',
    name,
    context: emptyContext(),
    text,
    repeated: new Set(),
    remote,
    time: async () => undefined,
  }
}

function emptyContext(): Context {
  return contextOfTree(treeOfFiles({}))
}

function openFiles(files: Readonly<Record<string, string | Uint8Array>>): OpenedContext {
  const context = contextOfTree(treeOfFiles(files))
  const time = async () => undefined
  return { kind: 'opened', name: 'the files', context, repeated: new Set(), remote: false, time }
}

/** 0644, of root, from 1970. */
function treeOfFiles(files: Readonly<Record<string, string | Uint8Array>>): FileTree {
  const entries = Object.entries(files).map(([name, text]) => {
    const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
    const content = { kind: 'bytes', bytes } as const
    const entry = { kind: 'file', path: treePath(name), size: bytes.length, content } as const
    return { ...entry, mode: 0o644, uid: 0, gid: 0, mtime: 0 }
  })
  return overlay([treeOfEntries(entries)])
}

/** What build arguments say of a git context: that `.git` is kept, and that a fixed time is wanted. */
function gitDefaults(args: Readonly<Record<string, string>>): GitDefaults {
  return {
    keepGitDir: /^(1|t|true)$/i.test(args['BUILDKIT_CONTEXT_KEEP_GIT_DIR'] ?? ''),
    mtime: args['SOURCE_DATE_EPOCH'] ? 'commit' : 'checkout',
  }
}
