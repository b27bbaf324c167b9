import { readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { sha256 } from '../../src/digest/index.ts'
import { busyboxBase, cachedFile, hasBusyboxBase, noBusyboxBase } from './busybox-base.ts'
import { runProgram } from './programs.ts'
import { hasSsh, noSsh } from './ssh-agent.ts'
import { end, type TestMember, tar } from './tar.ts'

export const hasSshBase = hasBusyboxBase && hasSsh
export const noSshBase = hasSsh ? noBusyboxBase : noSsh

/** The root file system of `busyboxBase`, and this machine's own `ssh-add` with its libraries. */
export function sshBase(): string {
  const files = ['/usr/bin/ssh-add', ...librariesOf('/usr/bin/ssh-add')]
  const folders = new Set(files.flatMap((file) => foldersOf(file)))
  const bytes = Buffer.concat([
    readFileSync(busyboxBase()).subarray(0, -end.length),
    tar(...[...folders].map((name): TestMember => ({ name: `${name.slice(1)}/`, type: '5' })), ...files.map(member)),
  ])
  return cachedFile(`ssh-${sha256(bytes).slice(7, 19)}.tar`, (file) => writeFileSync(file, bytes))
}

function librariesOf(program: string): readonly string[] {
  return runProgram('ldd', program)
    .split('\n')
    .flatMap((line) => /(\/\S+) \(0x/.exec(line)?.[1] ?? [])
}

function member(file: string): TestMember {
  return { name: file.slice(1), body: readFileSync(file), mode: 0o755 }
}

/** Outermost first. */
function foldersOf(file: string): readonly string[] {
  const folder = dirname(file)
  return folder === '/' ? [] : [...foldersOf(folder), folder]
}
