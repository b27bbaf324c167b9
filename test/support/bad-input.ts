import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { busyboxBase } from './busybox-base.ts'
import { type Ran, tsbuild } from './command-line.ts'
import { processesWith } from './processes.ts'
import { openWorkspace, type Workspace } from './workspace.ts'

/** A workspace with `busybox` in its store and an empty context. */
export async function openBadWorkspace(): Promise<Workspace> {
  const workspace = await openWorkspace()
  mkdirSync(join(workspace.directory, 'context'))
  await workspace.import(busyboxBase(), 'busybox')
  return workspace
}

/** What a failed command has to say. */
export interface Complaint {
  /** 1 when it is not said. */
  readonly status?: number
  /** What stands behind `ERROR: `. */
  readonly error: RegExp
  readonly hint?: RegExp
  /** `Dockerfile:3` */
  readonly at?: string
}

/**
 * Runs a command that has to fail: with one error that says what is wrong, where, and what to do, and with nothing left
 * behind: no image, no mount, no temporary file, no process.
 */
export async function refused(workspace: Workspace, argv: readonly string[], complaint: Complaint): Promise<Ran> {
  const before = leftBehind(workspace)
  const ran = await tsbuild(workspace, ...argv)
  expectComplaint(ran, complaint)
  expect(leftBehind(workspace)).toEqual(before)
  return ran
}

/** The same for a build of a Dockerfile with the name `bad`. */
export async function buildRefused(workspace: Workspace, dockerfile: string, complaint: Complaint): Promise<Ran> {
  workspace.write({ Dockerfile: dockerfile })
  return refused(workspace, ['-q', '-f', 'Dockerfile', '-t', 'bad', 'context'], complaint)
}

export function expectComplaint(
  { status, signal, stdout, stderr }: Ran,
  { status: wanted = 1, error, hint, at }: Complaint,
): void {
  const lines = stderr.split('\n')
  const errors = lines.filter((line) => line.startsWith('ERROR: '))
  expect(errors, stderr).toHaveLength(1)
  expect(errors[0]?.replace(codeOfError, '')).toMatch(error)
  const isOfSystem = /^ERROR: .*\bE[A-Z]{3,}: /.test(errors[0] ?? '')
  if (wanted !== wrongFlag && !isOfSystem) expect(lines.filter((line) => codeOfError.test(line))).toHaveLength(1)
  if (hint) expect(lines.find((line) => line.startsWith('hint: '))).toMatch(hint)
  if (at) expect(lines.map((line) => line.replace(/ {2}\[TSB_\w+\]$/, ''))).toContain(at)
  expect(stderr).not.toMatch(/^ +at .*:\d+/m)
  expect({ status, signal, stdout }).toEqual({ status: wanted, signal: null, stdout: '' })
}

/** Behind the place in a Dockerfile, else behind the message. */
const codeOfError = / \[TSB_\w+\]$/
/** The status for a wrong flag, which has no code. */
const wrongFlag = 125

/** What is there of a workspace that a command could leave: names of images, mounts, processes, temporary files. */
export function leftBehind({ directory, environment: { root } }: Pick<Workspace, 'directory' | 'environment'>) {
  const names = (folder: string) => readdirSync(folder).sort()
  return {
    images: namesIn(readFileSync(join(root, 'oci/index.json'), 'utf8')),
    mounts: readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .filter((line) => line.includes(directory)),
    processes: processesWith(directory),
    temporary: [...names(join(root, 'tmp')), ...names(join(root, 'locks'))],
    files: names(directory),
  }
}

/** Without bases of a registry of this machine: what was found out about them is kept, also for a build that fails. */
function namesIn(index: string): readonly string[] {
  const names = [...index.matchAll(/"io\.containerd\.image\.name":"([^"]+)"/g)].map(([, name = '']) => name)
  return [...new Set(names)].filter((name) => !name.startsWith('127.0.0.1:')).sort()
}
