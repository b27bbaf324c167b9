import path from 'node:path'
import { fullBelow } from '../../disk-full.ts'
import { TsbuildError } from '../../errors.ts'
import type { RunOp } from '../../graph/index.ts'
import { keepLast, kernelKills } from '../advice/gather-clue.ts'
import type { Clue } from '../advice/index.ts'
import { maskSecrets, secretVariable } from '../mounts/index.ts'
import type { Sandbox, SandboxResult, SandboxSpec } from '../sandbox/index.ts'
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
  const last = keepLast(context.output)
  const masked = await maskSecrets({ ...context, output: last.output })
  const kills = kernelKills()
  const clue = (result: Pick<SandboxResult, 'exitCode' | 'signal'>): Clue => ({
    op,
    cwd: resolveDestination(ready.rootfs.tree, op.cwd),
    env: new Map(spec.env.map((variable) => splitVariable(variable))),
    user: spec.user,
    ...result,
    output: last.text(),
    files: ready.rootfs.tree,
    killedForMemory: Math.max(0, kernelKills() - kills),
  })
  try {
    const result = await withTimeout(op, context, (signal) => sandbox.run(spec, masked.output, signal))
    if (result.exceeded) throw stepExceeded(op, result.exceeded)
    if (result.exitCode === 0) return
    masked.end()
    const advice = async () => (await import('../advice/index.ts')).adviceOn(clue(result))
    throw await stepFailed(op, result, context.ports.secrets, scratch, advice)
  } catch (error) {
    // Runtimes do not always say why they could not write.
    const isStart = error instanceof TsbuildError && error.code === 'TSB_SANDBOX_FAILED'
    throw (isStart && (await fullBelow(scratch, error.message, error))) || (await withAdvice(error, clue))
  } finally {
    masked.end()
  }
}

const notStarted = new Set(['TSB_COMMAND_NOT_FOUND', 'TSB_EXEC_FORMAT', 'TSB_COMMAND_NOT_EXECUTABLE'])

/** The error of a command that could not be started, with what the files of the image say of it. */
async function withAdvice(error: unknown, clue: (result: { readonly exitCode: number }) => Clue): Promise<unknown> {
  if (!(error instanceof TsbuildError) || !notStarted.has(error.code)) return error
  const hint = await (await import('../advice/index.ts')).adviceOnStart(clue({ exitCode: 127 }))
  const { code, message, at, cause } = error
  return hint === undefined ? error : new TsbuildError(code, message, { at, hint, cause })
}

function splitVariable(variable: string): [name: string, value: string] {
  const at = variable.indexOf('=')
  return [variable.slice(0, at), variable.slice(at + 1)]
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
