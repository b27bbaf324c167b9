import { didYouMean, TsbuildError } from '../../errors.ts'
import type { Mount, RunOp } from '../../graph/index.ts'
import { normalizePlatform, type Platform, runsOn } from '../../image/index.ts'
import type { RunInstruction, Word } from '../../parser/index.ts'
import { expandLabel } from '../expand.ts'
import { sandboxHostname } from '../hostname.ts'
import { stepLabel } from '../label.ts'
import { lowerMounts } from '../mounts/lower.ts'
import { proxyVariables } from '../proxy.ts'
import type { StageScope } from '../scope.ts'
import type { StageVariables } from '../stage-variables.ts'
import { type StageState, withLayer, workingDirectory } from '../state.ts'
import { runCommand } from './run-command.ts'
import { cleanDirectory } from './workdir.ts'

/** RUN: one command on the files so far, with the variables in force. */
export function lowerRun(state: StageState, instruction: RunInstruction, scope: StageScope): StageState {
  refuseDevices(instruction)
  const { argv, scripts, summary } = runCommand(instruction, state)
  const hostname = sandboxHostname(scope.request.buildArgs)
  const mounts = lowerMounts(instruction, state, scope)
  const env = environmentOf(state.variables, mounts)
  const args = argumentsInForce(state)
  scope.graph.weigh([...env, ...args], instruction.at)
  const op: RunOp = {
    kind: 'run',
    onto: state.snapshot,
    argv,
    env,
    cwd: cleanDirectory(workingDirectory(state)),
    user: state.image.config?.User ?? '',
    network: networkOf(instruction.network, scope),
    security: securityOf(instruction.security, scope),
    mounts,
    scripts,
    platform: state.platform,
    ...(hostname !== undefined && { hostname }),
    limits: limitsOf(scope),
  }
  const secrets = mounts.flatMap((mount) => (mount.kind === 'secret' && mount.env ? [mount.env] : []))
  const unkeyed = proxyVariables(scope.request.buildArgs, state.variables)
  const declared = Array.from(state.args, ([name]) => name)
  const emulates = emulatedBy(state, scope)
  const layer = scope.graph.add(op, {
    at: instruction.at,
    label: stepLabel(scope, state, expandLabel(instruction.text, state, scope, secrets) + summary),
    ...(scope.noCache && { noCache: true }),
    ...(unkeyed.length > 0 && { unkeyed }),
    ...(declared.length > 0 && { arguments: declared }),
    ...(emulates && { emulates }),
  })
  return withLayer(state, layer, `RUN ${[...args, ...argv].join(' ')} # buildkit`)
}

/** What the programs of the stage are made for, as its base says, when this machine does not run them. */
function emulatedBy({ image }: StageState, { request }: StageScope): Platform | undefined {
  const { os, architecture, variant } = image
  const platform = normalizePlatform({ os, architecture, ...(variant && { variant }) })
  return runsOn(platform, request.buildPlatform) ? undefined : platform
}

/** The variables in force, and where the first ssh agent is, unless the stage says so itself. */
function environmentOf(variables: StageVariables, mounts: readonly Mount[]): readonly string[] {
  const agent = mounts.find((mount) => mount.kind === 'ssh')
  const environment = variables.ofProcess()
  return agent && !variables.has('SSH_AUTH_SOCK') ? [...environment, `SSH_AUTH_SOCK=${agent.target}`] : environment
}

/** `|2 A=1 B=`: the ARGs declared so far, each once, with the values a RUN sees. */
function argumentsInForce(state: StageState): readonly string[] {
  const texts = Array.from(state.args, ([name, value]) => `${name}=${state.variables.get(name) ?? value ?? ''}`)
  return texts.length === 0 ? [] : [`|${texts.length}`, ...texts]
}

function networkOf(word: Word | undefined, scope: StageScope): RunOp['network'] {
  const mode = word?.text ?? 'default'
  if (mode === 'none') return mode
  if (mode === 'default') return scope.request.network
  if (mode !== 'host') throw unknownMode('network', mode, ['default', 'none', 'host'], word)
  requireGrant('network.host', word, scope)
  return mode
}

function securityOf(word: Word | undefined, scope: StageScope): RunOp['security'] {
  const mode = word?.text ?? 'sandbox'
  if (mode === 'sandbox') return mode
  if (mode !== 'insecure') throw unknownMode('security', mode, ['sandbox', 'insecure'], word)
  requireGrant('security.insecure', word, scope)
  return mode
}

function requireGrant(entitlement: string, word: Word | undefined, scope: StageScope): void {
  if (scope.request.allow.has(entitlement)) return
  throw new TsbuildError('TSB_ENTITLEMENT', `${entitlement} is not allowed`, {
    at: word?.at,
    hint: `grant it with --allow ${entitlement}`,
  })
}

function unknownMode(flag: string, mode: string, known: readonly string[], word: Word | undefined): TsbuildError {
  return new TsbuildError('TSB_RUN_MODE', `unsupported ${flag} mode ${JSON.stringify(mode)}`, {
    at: word?.at,
    hint: didYouMean(mode, known) ?? `--${flag} is one of ${known.join(', ')}`,
  })
}

function refuseDevices(instruction: RunInstruction): void {
  const [device] = instruction.devices
  if (!device) return
  throw new TsbuildError('TSB_UNSUPPORTED_DEVICE', `RUN --device=${device.name} is not supported`, {
    at: device.at,
    hint: 'take --device away: a step sees no devices of the host, but for --security=insecure',
  })
}

function limitsOf({ request }: StageScope): RunOp['limits'] {
  return {
    ...(request.shmSize !== undefined && { shmSize: request.shmSize }),
    ...(request.ulimits?.length && { ulimits: request.ulimits }),
    ...(request.hostNames?.length && { hostNames: request.hostNames }),
    ...(request.cgroupParent !== undefined && { cgroupParent: request.cgroupParent }),
    ...(request.seccomp !== undefined && { seccomp: request.seccomp }),
  }
}
