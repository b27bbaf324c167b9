import { readFileSync } from 'node:fs'
import type { SandboxOutput } from '../sandbox/index.ts'

/** Bytes of output that are kept. */
const kept = 16 * 1024

/** Passes output on, and keeps the last of it. */
export function keepLast(output: SandboxOutput): { readonly output: SandboxOutput; readonly text: () => string } {
  let pieces: Uint8Array[] = []
  let size = 0
  return {
    output(stream, bytes) {
      output(stream, bytes)
      pieces.push(bytes)
      size += bytes.length
      if (size <= 2 * kept) return
      const last = Buffer.concat(pieces.map((piece) => piece.subarray(-kept))).subarray(-kept)
      pieces = [last]
      size = last.length
    },
    text: () =>
      Buffer.concat(pieces)
        .subarray(-kept)
        .toString()
        .replaceAll(/\x1b\[[0-9;:]*[a-zA-Z]/g, ''),
  }
}

/** How many processes the kernel has killed for want of memory since the machine started; 0 where it does not say. */
export function kernelKills(): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
