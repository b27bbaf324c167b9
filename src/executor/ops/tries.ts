import { setTimeout as sleep } from 'node:timers/promises'
import { TsbuildError } from '../../errors.ts'
import type { RunOp } from '../../graph/index.ts'
import { maskSecrets } from '../mounts/index.ts'
import type { OpContext } from './op-executor.ts'

/**
 * Does the work of a RUN, which is told what error ends it, and again when its command failed, as often as `--retry` says. What is
 * tried again is said in the output of the step.
 * @throws the error of the last try
 */
export async function withRetries<T>(
  context: OpContext,
  work: (isEnd: (error: unknown) => boolean) => Promise<T>,
): Promise<T> {
  const { ports, signal } = context
  const { retries = 0, retryDelay = 0 } = ports.steps ?? {}
  for (let left = retries; ; left--) {
    try {
      return await work((error) => left === 0 || !isWorthATry(error))
    } catch (error) {
      if (signal.aborted || !isWorthATry(error) || retries === 0) throw error
      if (left === 0) throw triedInVain(error, retries + 1)
      const again = `tsbuild: try ${retries - left + 1} of ${retries + 1} failed, and again on clean files: ${error.message}\n`
      await say(again, context)
      await sleep(retryDelay, undefined, { signal }).catch(() => signal.throwIfAborted())
    }
  }
}

/** The command in it may have a secret. */
async function say(text: string, context: OpContext): Promise<void> {
  const masked = await maskSecrets(context)
  masked.output('stderr', Buffer.from(text))
  masked.end()
}

/** What a command may do otherwise the next time; nothing that is wrong with the Dockerfile or the machine. */
const worthATry: ReadonlySet<string> = new Set([
  'TSB_SANDBOX_NETWORK',
  'TSB_STEP_FAILED',
  'TSB_STEP_OUT_OF_MEMORY',
  'TSB_STEP_PROCESSES',
  'TSB_STEP_TIMEOUT',
])

function isWorthATry(error: unknown): error is TsbuildError {
  return error instanceof TsbuildError && worthATry.has(error.code)
}

function triedInVain({ code, message, hint, at, cause }: TsbuildError, tries: number): TsbuildError {
  return new TsbuildError(code, `${message} (tried ${tries} times)`, { hint, at, cause })
}

/**
 * Does work that has to end before `--step-timeout`; the signal it gets is aborted then, and its reason is the error.
 * @throws {TsbuildError} TSB_STEP_TIMEOUT
 */
export async function withTimeout<T>(
  { argv }: RunOp,
  { ports, signal }: OpContext,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = ports.steps?.timeout
  if (limit === undefined) return await work(signal)
  const late = new AbortController()
  const timer = setTimeout(() => {
    const message = `process "${argv.join(' ')}" was stopped after ${limit / 1000} s, the time that --step-timeout gives a RUN`
    late.abort(new TsbuildError('TSB_STEP_TIMEOUT', message, { hint: 'a longer --step-timeout lets it go on' }))
  }, limit)
  try {
    return await work(AbortSignal.any([signal, late.signal]))
  } finally {
    clearTimeout(timer)
  }
}
