import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { TsbuildError } from '../../errors.ts'
import type { Mount } from '../../graph/index.ts'
import type { Secret } from '../../secret.ts'
import type { OpContext } from '../ops/op-executor.ts'
import type { Sandbox } from '../sandbox/index.ts'
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

/**
 * The value of a secret that is wanted as a variable: `NAME=value`, or nothing.
 * @throws {TsbuildError} TSB_SECRET_MISSING; TSB_SECRET_VARIABLE for a name that the sandbox cannot set unseen
 */
export async function secretVariable(
  mount: SecretMount,
  { name, shows }: Pick<Sandbox, 'name' | 'shows'>,
  context: OpContext,
): Promise<readonly string[]> {
  const secret = mount.env === undefined ? undefined : await readSecret(mount, context)
  if (secret && mount.env !== undefined && shows?.(mount.env)) throw variableShown(mount.env, name)
  return secret ? [`${mount.env}=${new TextDecoder().decode(secret.reveal())}`] : []
}

function variableShown(variable: string, sandbox: string): TsbuildError {
  return new TsbuildError(
    'TSB_SECRET_VARIABLE',
    `a secret cannot be the variable ${variable} with --runtime=${sandbox}: other users of this machine could read it`,
    {
      hint: 'name another variable (letters, digits and _, none of the shell itself), mount it as a file, or install runc',
    },
  )
}

async function readSecret(mount: SecretMount, { ports }: OpContext): Promise<Secret | undefined> {
  const secret = await ports.secrets.read(mount.id)
  if (secret || !mount.required) return secret
  throw new TsbuildError('TSB_SECRET_MISSING', `secret ${mount.id}: not found`, {
    hint: `give it with --secret id=${mount.id},src=FILE or --secret id=${mount.id},env=NAME`,
  })
}
