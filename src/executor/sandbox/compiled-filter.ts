import { readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { sha256 } from '../../digest/index.ts'
import { isSystemError, TsbuildError } from '../../errors.ts'
import { type ProbeCache, remembered } from './probe-cache.ts'
import { probeSpec } from './probe-spec.ts'
import type { Sandbox, SandboxSpec } from './sandbox.ts'
import { stepSeccomp } from './seccomp.ts'

/** Milliseconds for a step to begin. */
const patience = 20_000

/**
 * The system call filter of steps as crun makes it of our rules, in base64: to compile them takes half the time of a short
 * step, and the result is always the same. Undefined when it cannot be had; then each step compiles them.
 * @param runtime tells this program on this machine from others
 */
export async function compiledFilter(
  sandbox: Sandbox,
  runtime: string,
  cache: ProbeCache,
  temporary: (prefix: string) => Promise<string>,
): Promise<string | undefined> {
  const key = `filter ${runtime} ${sha256(JSON.stringify(stepSeccomp()))}`
  const answer = await remembered(cache, key, async () => {
    const filter = await compile(sandbox, temporary)
    return filter === '' ? '' : `${sha256(filter)} ${filter}`
  })
  const [digest, filter] = answer.split(' ')
  return filter !== undefined && sha256(filter) === digest ? filter : undefined
}

/** Runs a step, and when its command is running, and so the filter is whole and in force, looks what crun has written. */
async function compile(sandbox: Sandbox, temporary: (prefix: string) => Promise<string>): Promise<string> {
  const scratch = await temporary('probe')
  const seen = new AbortController()
  let filter = ''
  try {
    const spec = await probeSpec(scratch, ['/bin/sh', '-c', 'echo; exec sleep 20'])
    const look = () => {
      filter = filterIn(spec)
      seen.abort()
    }
    await sandbox.run(spec, look, AbortSignal.any([seen.signal, AbortSignal.timeout(patience)]))
  } catch (error) {
    const isExpected = seen.signal.aborted || error instanceof TsbuildError
    if (!isExpected && !(error instanceof Error && error.name === 'TimeoutError')) throw error
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
  return filter
}

function filterIn({ scratch }: SandboxSpec): string {
  const state = path.join(scratch, 'state')
  try {
    const [container = ''] = readdirSync(state)
    return readFileSync(path.join(state, container, 'seccomp.bpf')).toString('base64')
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return ''
    throw error
  }
}
