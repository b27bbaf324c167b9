import { spawnSync } from 'node:child_process'

/** Runs a program with these bytes as its input and gives the bytes that it wrote. Throws when it fails. */
export function pipeThrough(input: Uint8Array, command: string, ...args: readonly string[]): Buffer {
  const { status, stdout, stderr, error } = spawnSync(command, args, { input, maxBuffer: 2 ** 30 })
  if (status === 0) return stdout
  throw error ?? new Error(`${command} ${args.join(' ')}: exit ${status}\n${stderr}`)
}
