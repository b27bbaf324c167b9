import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Tools } from '../sandbox/tools.ts'

/** Programs by name: where each is, and the version that it says it has. */
export type FoundPrograms = ReadonlyMap<string, { readonly path: string; readonly version?: string }>

/** How each is asked for its version. Those of one package say the same. */
const questions: Readonly<Record<string, readonly string[]>> = {
  crun: ['--version'],
  runc: ['--version'],
  slirp4netns: ['--version'],
  git: ['--version'],
  ssh: ['-V'],
  unshare: ['--version'],
  newuidmap: [],
  newgidmap: [],
  ...Object.fromEntries(['setpriv', 'nsenter', 'mount', 'prlimit', 'env', 'cp', 'chroot'].map((name) => [name, []])),
}

/** Those that are on this machine. */
export async function findPrograms(tools: Tools): Promise<FoundPrograms> {
  const found = await Promise.all(
    Object.entries(questions).map(async ([name, question]) => {
      const path = tools.find(name)
      if (path === undefined) return []
      const version = question.length > 0 ? await versionOf(path, question, tools) : undefined
      return [[name, { path, ...(version !== undefined && { version }) }] as const]
    }),
  )
  return new Map(found.flat())
}

/** The first number with a point in what it says, wherever it says that. */
async function versionOf(path: string, question: readonly string[], tools: Tools): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await promisify(execFile)(path, question, { env: { ...tools.env }, timeout: 5000 })
    return /\d+\.\d+[\w.+~-]*/.exec(`${stdout}\n${stderr}`)?.[0]
  } catch {
    return undefined // whether it works is found by using it
  }
}
