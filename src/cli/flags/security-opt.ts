import type { BuildOptions } from '../../index.ts'
import { FlagError } from './flag-error.ts'

/** What is so anyway, however it is written. */
const held: ReadonlySet<string> = new Set([
  'apparmor=unconfined',
  'label=disable',
  'no-new-privileges',
  'no-new-privileges=true',
])

/**
 * `--security-opt`: the filter of system calls. Docker also takes `:` for the first `=`.
 * @throws {FlagError} for what cannot be held
 */
export function readSecurityOptions(texts: readonly string[]): Pick<BuildOptions, 'seccomp'> {
  let seccomp: BuildOptions['seccomp']
  for (const text of texts.map((text) => text.replace(/^([a-z-]+):/, '$1='))) {
    const [, value] = /^seccomp=(.+)$/s.exec(text) ?? []
    if (value !== undefined) seccomp = value === 'unconfined' ? value : { file: value }
    else if (!held.has(text)) throw unknown(text)
  }
  return seccomp === undefined ? {} : { seccomp }
}

function unknown(text: string): FlagError {
  return new FlagError(
    `--security-opt ${text}: steps cannot have that`,
    'write seccomp=FILE or seccomp=unconfined; a step that needs all rights says RUN --security=insecure',
  )
}
