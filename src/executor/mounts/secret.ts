import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { TsbuildError } from '../../errors.ts'
import type { Mount } from '../../graph/index.ts'
import type { Secret } from '../../secret.ts'
import type { OpContext } from '../ops/op-executor.ts'
import type { PreparedMount } from './mount.ts'
import { giveAway } from './owner.ts'

type SecretMount = Extract<Mount, { kind: 'secret' }>

/** A secret as a file that exists only while the command runs; nothing when it is optional and nobody gave it. */
export async function prepareSecret(
  mount: SecretMount,
  folder: string,
  context: OpContext,
): Promise<PreparedMount | undefined> {
  const secret = mount.target === undefined ? undefined : await readSecret(mount, context)
  if (!secret || mount.target === undefined) return undefined
  await mkdir(folder, { mode: 0o700 })
  const source = path.join(folder, 'value')
  await writeFile(source, secret.reveal(), { mode: 0o600 })
  await giveAway(source, mount)
  return {
    target: { path: mount.target, kind: 'file' },
    mount: async (target) => ({ kind: 'bind', source, target, readOnly: true }),
  }
}

/** The value of a secret that is wanted as a variable: `NAME=value`, or nothing. */
export async function secretVariable(mount: SecretMount, context: OpContext): Promise<readonly string[]> {
  const secret = mount.env === undefined ? undefined : await readSecret(mount, context)
  return secret ? [`${mount.env}=${new TextDecoder().decode(secret.reveal())}`] : []
}

async function readSecret(mount: SecretMount, { ports }: OpContext): Promise<Secret | undefined> {
  const secret = await ports.secrets.read(mount.id)
  if (secret || !mount.required) return secret
  throw new TsbuildError('TSB_SECRET_MISSING', `secret ${mount.id}: not found`, {
    hint: `give it with --secret id=${mount.id},src=FILE or --secret id=${mount.id},env=NAME`,
  })
}
