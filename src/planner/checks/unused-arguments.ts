import type { Dockerfile, StageInstruction } from '../../parser/index.ts'
import { isProxyArgument } from '../proxy.ts'
import type { PlanRequest } from '../request.ts'
import type { Warn } from './checks.ts'

/** Arguments that mean something to the builder whether or not the file declares them. */
const known = /^(BUILDKIT_|SOURCE_DATE_EPOCH$|(BUILD|TARGET)(PLATFORM|OS|OSVERSION|ARCH|VARIANT)$|TARGETSTAGE$)/

/**
 * Build arguments that no ARG asks for.
 * @param triggers what the bases of the file have it do: their ARGs count too
 */
export function checkUnusedArguments(
  { globalArgs, stages }: Dockerfile,
  triggers: readonly StageInstruction[],
  request: PlanRequest,
  warn: Warn,
): void {
  const instructions = [...globalArgs, ...stages.flatMap((stage) => stage.instructions), ...triggers]
  const declared = new Set(
    instructions.flatMap((line) => (line.kind === 'arg' ? line.args.map(({ name }) => name) : [])),
  )
  const unused = [...request.buildArgs.keys()].filter(
    (name) => !declared.has(name) && !isProxyArgument(name) && !known.test(name),
  )
  if (unused.length === 0) return
  const message = `One or more build-args [${unused.join(' ')}] were not consumed`
  warn({ rule: 'tsbuild/UnusedBuildArg', message })
}
