import { open } from 'node:fs/promises'
import path from 'node:path'
import type { Environment } from '../options.ts'
import type { Session } from './session.ts'

/** Keeps what comes on standard input in a file, for readers that have to go back and forth. Returns its path. */
export async function receive({ store }: Session, { stdin }: Environment): Promise<string> {
  const file = path.join(await store.temporary('received'), 'archive')
  await using handle = await open(file, 'wx', 0o600)
  for await (const chunk of stdin) await handle.write(chunk as Uint8Array)
  return file
}
