import path from 'node:path'
import type { Mount } from '../../graph/index.ts'
import type { OpContext } from '../ops/op-executor.ts'
import { prepareBind } from './bind.ts'
import { type HeldCaches, holdCaches, prepareCache } from './cache.ts'
import type { PreparedMount } from './mount.ts'
import { prepareSecret } from './secret.ts'
import { prepareSsh } from './ssh.ts'

/** Makes ready what the mounts of a RUN show, in order, and holds its caches while `work` runs. */
export async function withMounts<T>(
  mounts: readonly Mount[],
  scratch: string,
  context: OpContext,
  work: (prepared: readonly PreparedMount[]) => Promise<T>,
): Promise<T> {
  const held = await holdCaches(mounts, context)
  const prepared: PreparedMount[] = []
  try {
    for (const [index, mount] of mounts.entries()) {
      const ready = await prepareMount(mount, path.join(scratch, `mount-${index}`), held, context)
      if (ready) prepared.push(ready)
    }
    return await work(prepared)
  } finally {
    for (const { release } of prepared) await release?.()
    await held.release()
  }
}

async function prepareMount(
  mount: Mount,
  folder: string,
  held: HeldCaches,
  context: OpContext,
): Promise<PreparedMount | undefined> {
  switch (mount.kind) {
    case 'bind':
      return prepareBind(mount, folder, context)
    case 'cache':
      return prepareCache(mount, held, context)
    case 'tmpfs':
      return prepareTmpfs(mount)
    case 'secret':
      return prepareSecret(mount, folder, context)
    case 'ssh':
      return prepareSsh(mount, folder, context)
  }
}

function prepareTmpfs({ target, size }: Extract<Mount, { kind: 'tmpfs' }>): PreparedMount {
  return {
    target: { path: target, kind: 'directory' },
    mount: async (at) => ({ kind: 'tmpfs', target: at, ...(size === undefined ? {} : { size }) }),
  }
}
