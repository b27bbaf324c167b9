import path from 'node:path'
import { fullBelow } from '../../disk-full.ts'
import { TsbuildError } from '../../errors.ts'
import type { RunOp } from '../../graph/index.ts'
import { maskSecrets, secretVariable } from '../mounts/index.ts'
import type { Sandbox, SandboxSpec } from '../sandbox/index.ts'
import { type ProcessUser, resolveProcessUser } from '../users.ts'
import { hostnameOf } from './network-files.ts'
import type { OpContext } from './op-executor.ts'
import { resolveDestination } from './place.ts'
import type { ReadyRun } from './ready-run.ts'
import { stepExceeded } from './step-exceeded.ts'
import { stepFailed } from './step-failed.ts'
import { withTimeout } from './tries.ts'

/**
 * Runs the command of a RUN on a rootfs that is ready. The values of secrets are not shown.
 * @throws {TsbuildError} TSB_STEP_…, TSB_UNKNOWN_USER, and what the sandbox throws
 */
export async function runCommand(op: RunOp, ready: ReadyRun, context: OpContext): Promise<void> {
  const { sandbox, scratch } = ready
  const spec = { ...(await commandSpec(op, ready, context)), ahead: context.ahead }
  const masked = await maskSecrets(context)
  try {
    const result = await withTimeout(op, context, (signal) => sandbox.run(spec, masked.output, signal))
    if (result.exceeded) throw stepExceeded(op, result.exceeded)
    if (result.exitCode !== 0) throw await stepFailed(op, result, context.ports.secrets, scratch)
  } catch (error) {
    // Runtimes do not always say why they could not write.
    const isStart = error instanceof TsbuildError && error.code === 'TSB_SANDBOX_FAILED'
    throw (isStart && (await fullBelow(scratch, error.message, error))) || error
  } finally {
    masked.end()
  }
}

/** What the sandbox is told of the command of a RUN. */
export async function commandSpec(
  op: RunOp,
  { sandbox, rootfs: prepared, mounts, scratch }: ReadyRun,
  context: OpContext,
): Promise<SandboxSpec> {
  const user = await resolveProcessUser(op.user, prepared.tree, context.ports.limits?.['account-bytes'])
  return {
    id: path.basename(path.dirname(scratch)),
    rootfs: prepared.rootfs,
    argv: op.argv,
    env: await environment(op, user, sandbox, context),
    cwd: `/${resolveDestination(prepared.tree, op.cwd)}`,
    user,
    mounts,
    network: op.network,
    hostname: hostnameOf(op),
    insecure: op.security === 'insecure',
    limits: op.limits,
    ...(context.ports.steps?.resources && { resources: context.ports.steps.resources }),
    scratch,
  }
}

async function environment(
  op: RunOp,
  user: ProcessUser,
  sandbox: Sandbox,
  context: OpContext,
): Promise<readonly string[]> {
  const secrets = op.mounts.filter((mount) => mount.kind === 'secret')
  const values = await Promise.all(secrets.map((mount) => secretVariable(mount, sandbox, context)))
  const env = [...(context.node.unkeyed ?? []), ...op.env, ...values.flat()]
  return env.some((variable) => variable.startsWith('HOME=')) ? env : [...env, `HOME=${user.home}`]
}
