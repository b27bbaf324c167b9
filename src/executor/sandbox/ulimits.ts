import { TsbuildError } from '../../errors.ts'
import type { RunLimits } from '../../graph/index.ts'

const names: ReadonlySet<string> = new Set([
  'core',
  'cpu',
  'data',
  'fsize',
  'locks',
  'memlock',
  'msgqueue',
  'nice',
  'nofile',
  'nproc',
  'rss',
  'rtprio',
  'rttime',
  'sigpending',
  'stack',
])

/**
 * The `--ulimit`s of a step, the usual one of open files added.
 * @throws {TsbuildError} TSB_ULIMIT for a name that Linux does not have
 */
export function ulimitsOf(limits: RunLimits, openFiles: { readonly soft: number; readonly hard: number }) {
  const given = limits.ulimits ?? []
  for (const { name } of given) {
    if (!names.has(name)) {
      throw new TsbuildError('TSB_ULIMIT', `no such limit: ${name}`, { hint: `one of ${[...names].join(', ')}` })
    }
  }
  return given.some(({ name }) => name === 'nofile') ? given : [...given, { name: 'nofile', ...openFiles }]
}
