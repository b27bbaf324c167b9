import path from 'node:path'
import { type Context, findIgnoreFile, openContext } from '../../context/index.ts'
import type { BuildOptions, Environment } from '../../options.ts'
import type { Finding, SourceTimes } from '../../planner/index.ts'
import type { SourceFile } from '../../source.ts'
import { checkStandardInput, dockerfilePlaces, type FoundDockerfile, findDockerfile } from './dockerfile.ts'
import { type MainContext, openMainContext } from './main.ts'
import { checkNamedContexts, type NamedSource, openNamedContext, timeOfNamed } from './named.ts'
import type { InputPorts } from './ports.ts'

/** Where a build comes from. */
export interface Inputs {
  readonly dockerfile: SourceFile
  /** Where the Dockerfile lies on this machine, absolute; absent when it is no file here. */
  readonly path?: string
  /** What smells about them. */
  readonly findings: readonly Finding[]
  /** Opens a context by the name that the plan has for it, each once: `context`, or one of `--build-context`. */
  context(name: string): Promise<Context>
  /** The main one, opened once more: what is in a directory is looked at when it is first asked for. */
  contextAnew(): Promise<Context>
  readonly times: SourceTimes
}

/**
 * Finds the Dockerfile, and opens of the contexts what that takes: a directory is not looked at, an archive or repository is
 * fetched. Named contexts wait until somebody asks.
 * @throws {TsbuildError} TSB_CONTEXT_…, TSB_DOCKERFILE_…, TSB_STDIN_…, TSB_BUILD_CONTEXT, and those of archives and fetching
 */
export async function openInputs(
  options: BuildOptions,
  named: ReadonlyMap<string, NamedSource>,
  environment: Environment,
  ports: InputPorts,
): Promise<Inputs> {
  checkStandardInput(options)
  await checkNamedContexts(named, environment.cwd)
  const main = await openMainContext(options, environment, ports, dockerfilePlaces(options.file))
  const dockerfile = await loadDefinition(options, environment, main, ports)
  const contextAnew = () => openMain(main, dockerfile.path, ports)
  const open = async (name: string): Promise<Context> => {
    const source = sourceOf(name, named)
    return source ? openNamedContext(source, environment.cwd, ports) : contextAnew()
  }
  const { source, path: place, findings } = dockerfile
  const times = timesOf(main, named, ports)
  const where = place === undefined ? {} : { path: place }
  return { dockerfile: source, ...where, findings, context: once(open), contextAnew, times }
}

function loadDefinition(
  options: BuildOptions,
  environment: Environment,
  main: MainContext,
  { progress, fetch, limits }: InputPorts,
): Promise<FoundDockerfile> {
  const { file = 'Dockerfile' } = options
  const label = `[internal] load build definition from ${/^-$|^https?:/.test(file) ? 'Dockerfile' : path.basename(file)}`
  return progress.step('definition', label, async (report) => {
    const found = await findDockerfile(options, environment, main, { fetch, limit: limits['dockerfile-bytes'] })
    report('transferring dockerfile', Buffer.byteLength(found.source.text), undefined, true)
    return found
  })
}

/** Only a directory has an ignore file: that of the Dockerfile, when that is a file, else its own. */
async function openMain(
  main: MainContext,
  dockerfile: string | undefined,
  { store, limits }: InputPorts,
): Promise<Context> {
  if (main.kind === 'opened') return main.context
  const linkSteps = limits['link-steps']
  return openContext(main.path, await findIgnoreFile(main.path, dockerfile, linkSteps), store, linkSteps)
}

function timesOf(main: MainContext, named: ReadonlyMap<string, NamedSource>, { fetch }: InputPorts): SourceTimes {
  return {
    async context(name) {
      const source = sourceOf(name, named)
      if (source) return timeOfNamed(source, fetch)
      return main.kind === 'opened' ? main.time() : undefined
    },
    remote: async (op, login) => (await fetch(op, login)).time(),
  }
}

/** `context` is the main one, whatever else is called so. */
function sourceOf(name: string, named: ReadonlyMap<string, NamedSource>): NamedSource | undefined {
  return name === 'context' ? undefined : named.get(name)
}

function once<T>(open: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const opened = new Map<string, Promise<T>>()
  return (name) => {
    const found = opened.get(name) ?? open(name)
    opened.set(name, found)
    return found
  }
}
