import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { sha256 } from '../../digest/index.ts'
import { isSystemError } from '../../errors.ts'
import type { SandboxSpec } from './sandbox.ts'
import { stepSeccomp } from './seccomp.ts'

/** Tells our rules for system calls from those of another tsbuild. */
export function filterRules(): string {
  return sha256(JSON.stringify(stepSeccomp()))
}

/**
 * The command of a probe that says when it runs, and so the filter is whole and in force, and ends when `takeFilter` was
 * called.
 */
export const filterProbe: readonly string[] = [
  '/bin/sh',
  '-c',
  'echo; while [ ! -e /seen ]; do sleep 0.1 || sleep 1; done',
]

/**
 * The system call filter as crun has made it of our rules, in base64: to compile them takes half the time of a short step,
 * and the result is always the same. `''` when crun does not keep it.
 * @param spec of the probe that has spoken
 */
export function takeFilter({ rootfs, scratch }: SandboxSpec): string {
  const filter = filterIn(path.join(scratch, 'state'))
  if (rootfs.kind === 'directory') writeFileSync(path.join(rootfs.path, 'seen'), '')
  return filter
}

function filterIn(state: string): string {
  try {
    const [container = ''] = readdirSync(state)
    return readFileSync(path.join(state, container, 'seccomp.bpf')).toString('base64')
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return ''
    throw error
  }
}

/** The answer of a probe with the filter that it found. */
export function withFilter(answer: string, filter: string): string {
  return filter === '' ? answer : `${answer}\n${sha256(filter)} ${filter}`
}

/** What `withFilter` put together. A filter that is damaged is none: then each step compiles its own. */
export function splitFilter(kept: string): { readonly answer: string; readonly filter: string | undefined } {
  const [answer = '', sealed = ''] = kept.split('\n')
  const [digest, filter] = sealed.split(' ')
  return { answer, filter: filter !== undefined && sha256(filter) === digest ? filter : undefined }
}
