import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { isSystemError } from '../../errors.ts'
import type { StepLog } from './block.ts'

/**
 * The first and the last lines of a log, and no more of it in memory; undefined when the file is gone.
 * @param room bytes that are read at most: an eighth of them from its begin
 */
export async function readEnds(file: string, room: number): Promise<StepLog | undefined> {
  try {
    await using handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW)
    const { size } = await handle.stat()
    if (size <= room) return { head: text(await bytesOf(handle, 0, size)), tail: '', left: 0, file }
    const head = wholeLines(await bytesOf(handle, 0, Math.floor(room / 8)), 'first')
    const last = Math.floor((room * 7) / 8)
    const tail = wholeLines(await bytesOf(handle, size - last, last), 'last')
    return { head: text(head), tail: text(tail), left: size - head.length - tail.length, file }
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ELOOP')) return undefined
    throw error
  }
}

async function bytesOf(handle: FileHandle, from: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  let at = 0
  while (at < length) {
    const { bytesRead } = await handle.read(bytes, at, length - at, from + at)
    if (bytesRead === 0) break
    at += bytesRead
  }
  return bytes.subarray(0, at)
}

const newline = 10

/** Without the line that was cut; all of it when there is no other. */
function wholeLines(bytes: Uint8Array, end: 'first' | 'last'): Uint8Array {
  const at = end === 'first' ? bytes.lastIndexOf(newline) : bytes.indexOf(newline)
  if (at === -1) return bytes
  return end === 'first' ? bytes.subarray(0, at + 1) : bytes.subarray(at + 1)
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
