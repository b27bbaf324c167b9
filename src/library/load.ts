import type { Seccomp } from '../executor/index.ts'
import type { BuildOptions, Environment } from '../options.ts'
import type { PlanRequest } from '../planner/index.ts'
import { withDockerProxies } from './docker-proxies.ts'
import { type Fetch, fetcher, type Inputs, namedSource, openInputs } from './inputs/index.ts'
import { planRequests } from './plan-request.ts'
import { type Progress, progressTo } from './progress.ts'
import { sessionRemotes } from './remotes.ts'
import { readSeccomp } from './seccomp.ts'
import type { Session } from './session.ts'

/** What a build comes from, and what is asked of it. */
export interface Loaded extends Inputs {
  /** For the first platform. */
  readonly request: PlanRequest
  /** One for each platform. */
  readonly requests: readonly PlanRequest[]
  /** For what the Dockerfile names by URL. */
  readonly fetch: Fetch
  readonly seccomp: Seccomp | undefined
}

/** What the options alone say is checked first; then the Dockerfile is had, with what that takes of the contexts. */
export async function load(
  session: Session,
  options: BuildOptions,
  environment: Environment,
  progress: Progress = progressTo(() => {}, environment.now),
): Promise<Loaded> {
  const { now, arch } = environment
  const named = new Map(Object.entries(options.contexts ?? {}).map(([name, text]) => [name, namedSource(name, text)]))
  const args = await withDockerProxies(options.args, environment)
  const asked = await readSeccomp(options.seccomp, environment)
  const [first, ...others] = planRequests({ ...options, args }, named, arch)
  const notice = (message: string) => options.onEvent?.({ type: 'notice', at: now(), message })
  const remotes = sessionRemotes(session, environment, notice)
  const fetch = fetcher(remotes, options.signal ?? new AbortController().signal, session.limits)
  const { temporary, root: store } = session.store
  const inputs = await openInputs(options, named, environment, {
    fetch,
    temporary,
    progress,
    store,
    limits: session.limits,
  })
  const ignorePatterns = async () => (await inputs.context('context')).ignorePatterns
  const complete = (request: PlanRequest): PlanRequest => ({
    ...request,
    ...wordLimits(options, session),
    ...(asked && { seccomp: asked.id }),
    findings: inputs.findings,
    ignorePatterns,
  })
  const request = complete(first)
  return {
    ...inputs,
    request,
    requests: [request, ...others.map(complete)],
    fetch,
    seccomp: asked?.seccomp,
  }
}

/** A plan is remembered with what was asked for, so that one that others may not have is never found. */
function wordLimits({ limits: given }: BuildOptions, { limits }: Session): Pick<PlanRequest, 'limits'> {
  if (given === undefined) return {}
  const [dockerfile, value, values] = [limits['dockerfile-bytes'], limits['expanded-value'], limits['expanded-values']]
  return { limits: { dockerfile, value, values } }
}
