import { mkdir, mkdtemp } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { TsbuildError } from '../../src/errors.ts'
import {
  openSandbox,
  type Sandbox,
  type SandboxChoice,
  type SandboxResult,
  type SandboxSpec,
  type Seccomp,
} from '../../src/executor/sandbox/index.ts'

/** What a step gave. */
export interface Stepped extends SandboxResult {
  readonly stdout: string
  readonly stderr: string
}

export interface Steps {
  readonly sandbox: Sandbox
  readonly notices: readonly string[]
  /** A spec around a command, in a fresh writable view of the root. */
  spec(argv: readonly string[], more?: Partial<SandboxSpec>): Promise<SandboxSpec>
  run(argv: readonly string[], more?: Partial<SandboxSpec>, signal?: AbortSignal): Promise<Stepped>
  /** `run` of a shell line; its output without the last newline. Throws with what it said when it fails. */
  sh(line: string, more?: Partial<SandboxSpec>): Promise<string>
}

/**
 * Steps in one form of sandbox on a root directory; why not, when this machine has no such form.
 * @param tools a folder whose programs come before those of the machine
 * @param home where the steps get their folders; whoever calls removes it
 * @param seccomp in place of our own filter
 */
export async function openSteps(
  choice: SandboxChoice,
  root: string,
  tools = '',
  home = dirname(root),
  seccomp?: Seccomp,
): Promise<Steps | string> {
  const folder = await mkdtemp(join(home, 'tsbuild-steps-'))
  const notices: string[] = []
  const temporary = (prefix: string) => mkdtemp(join(folder, `${prefix}-`))
  try {
    const notice = (message: string) => void notices.push(message)
    const path = `${tools}:${process.env['PATH'] ?? ''}`
    const sandbox = await openSandbox(choice, { path, notice, temporary, ...(seccomp && { seccomp }) })
    return stepsIn(sandbox, root, temporary, notices)
  } catch (error) {
    if (error instanceof TsbuildError) return error.message
    throw error
  }
}

function stepsIn(
  sandbox: Sandbox,
  root: string,
  temporary: (prefix: string) => Promise<string>,
  notices: readonly string[],
): Steps {
  const spec: Steps['spec'] = async (argv, more = {}) => {
    const folder = await temporary('step')
    const [upper, work, merged, scratch] = ['upper', 'work', 'merged', 'scratch'].map((name) => join(folder, name))
    if (!upper || !work || !merged || !scratch) throw new Error('no folders')
    for (const name of [upper, work, merged, scratch]) await mkdir(name)
    return {
      id: basename(folder),
      rootfs: { kind: 'overlay', lowers: [root], upper, work, merged },
      argv,
      env: ['PATH=/bin'],
      cwd: '/',
      user: { uid: 0, gid: 0, groups: [] },
      mounts: [],
      network: 'none',
      hostname: 'buildkitsandbox',
      insecure: false,
      limits: {},
      scratch,
      ...more,
    }
  }
  const run: Steps['run'] = async (argv, more, signal = new AbortController().signal) => {
    const heard = { stdout: '', stderr: '' }
    const hear = (stream: 'stdout' | 'stderr', bytes: Uint8Array) => {
      heard[stream] += Buffer.from(bytes).toString('latin1')
    }
    const result = await sandbox.run(await spec(argv, more), hear, signal)
    return { ...result, ...heard }
  }
  return {
    sandbox,
    notices,
    spec,
    run,
    async sh(line, more) {
      const { exitCode, stdout, stderr } = await run(['sh', '-c', line], more)
      if (exitCode !== 0) throw new Error(`${line}: exit ${exitCode}: ${stderr}`)
      return stdout.replace(/\n$/, '')
    },
  }
}
