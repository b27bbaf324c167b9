import path from 'node:path'
import type { Command } from 'commander'
import { type ConfigFacts, findConfig } from '../../config/index.ts'
import { OptionError, TsbuildError } from '../../errors.ts'
import { visible } from '../../text/index.ts'
import { isWrongFlag } from '../exit.ts'

/** Sets flags of a command that nobody gave. */
export type Settings = (program: Command, command: Command) => Promise<void>

/** Which flags a config file has set, by key. */
export interface FromConfig {
  readonly file: string
  /** `--jobs`: `jobs`. */
  readonly keys: ReadonlyMap<string, string>
}

const fromConfig = new WeakMap<Command, FromConfig>()

export function noteConfig(program: Command, from: FromConfig): void {
  fromConfig.set(program, from)
}

/** The same error, with the file and the key when they gave the flag that it is about. */
export function namingConfig(error: unknown, program: Command): unknown {
  const from = fromConfig.get(program)
  if (!from || !isWrongFlag(error) || !(error instanceof TsbuildError)) return error
  const flag = /--[a-z-]+/.exec(error.message)?.[0] ?? ''
  const key = from.keys.get(flag)
  if (key === undefined) return error
  return new OptionError(error.code, `${from.file}: ${key}: ${error.message}`, { hint: error.hint, cause: error })
}

/**
 * The config file that counts: `--config`, else TSBUILD_CONFIG (`none`: no file), else the nearest one, which is JSON.
 * @param note told of one that is not read
 */
export function configFile(program: Command, facts: ConfigFacts, note: (text: string) => void): string | undefined {
  const { config } = program.opts<{ readonly config?: string | false }>()
  if (config === false) return undefined
  const named = config ?? facts.env['TSBUILD_CONFIG']
  if (named === 'none') return undefined
  if (named) return path.resolve(facts.cwd, named)
  const found = findConfig(facts)
  if (found?.refused === undefined) return found?.file
  note(
    `note: ${visible(found.file)} is not read: ${visible(found.refused)}; --config reads it, --no-config says no more of it\n`,
  )
  return undefined
}
