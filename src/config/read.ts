import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import english from 'zod/v4/locales/en.js'
import { didYouMean, isSystemError, OptionError } from '../errors.ts'
import type { TsbuildConfig } from './config.ts'
import { importFile } from './import-file.ts'
import { configSchema } from './schema.ts'

/**
 * Reads a config file: JSON, or the default export of a module, which is run.
 * @throws {OptionError} TSB_CONFIG_READ for one that cannot be read, TSB_CONFIG_KEY for what it may not say; with file and key
 */
export async function readConfig(file: string): Promise<TsbuildConfig> {
  const found = configSchema.safeParse(await contentOf(file), { error: english().localeError })
  if (!found.success) throw wrongConfig(file, found.error.issues[0])
  for (const key of ['cacheFrom', 'cacheTo'] as const) checkCaches(file, key, [found.data[key] ?? []].flat())
  return found.data as TsbuildConfig
}

/** As the flags read it, and more: letters that are these when they are made small count too. */
const lends = /\b(url|url_v2|endpoint_url|access_key_id|secret_access_key|session_token|token|ghtoken)\s*=/iu

/**
 * Keys and tokens of the environment go to an endpoint that the user named, or the environment: never to one of a file.
 * @throws {OptionError} TSB_CONFIG_KEY, which repeats no value
 */
function checkCaches(file: string, key: string, specs: readonly string[]): void {
  const named = specs.map((spec) => lends.exec(spec)?.[1]).find((part) => part !== undefined)
  if (named === undefined) return
  throw ofCommandLineAlone(`${file}: ${key}: ${named.toLowerCase()}`)
}

function ofCommandLineAlone(what: string): OptionError {
  return new OptionError('TSB_CONFIG_KEY', `${what} is said on the command line alone`, {
    hint: 'give it on the command line: a file gives no rights, raises no limit and lends nothing of the user (docs/config.md says why)',
  })
}

async function contentOf(file: string): Promise<unknown> {
  if (/\.[cm]?[jt]s$/.test(file)) return exportOf(file)
  if (file.endsWith('.json')) return parsed(file, await textOf(file))
  throw new OptionError('TSB_CONFIG_READ', `${file}: a config file is .json or .ts`, {
    hint: 'name it tsbuild.config.json or tsbuild.config.ts',
  })
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES')) throw notReadable(file, error)
    throw error
  }
}

function notReadable(file: string, error: Error): OptionError {
  return new OptionError('TSB_CONFIG_READ', `cannot read the config file ${file}: ${error.message}`, {
    hint: 'name another one with --config or TSBUILD_CONFIG, or write --no-config',
    cause: error,
  })
}

function parsed(file: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new OptionError('TSB_CONFIG_READ', `${file} is no JSON: ${reason}`, {
      hint: 'JSON has no comments, and no comma before a closing bracket; a tsbuild.config.ts may have both',
    })
  }
}

async function exportOf(file: string): Promise<unknown> {
  await textOf(file)
  try {
    const module = await importFile(pathToFileURL(path.resolve(file)).href)
    if (module.default !== undefined) return await module.default
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new OptionError('TSB_CONFIG_READ', `${file} cannot be run: ${reason}`, {
      hint: 'it is an ES module, run by Node as it is: types are taken away, and what is more than types (enum, namespace) is not there',
      cause: error,
    })
  }
  throw new OptionError('TSB_CONFIG_READ', `${file} has no default export`, {
    hint: 'write export default { … }, or export default defineConfig({ … })',
  })
}

interface Issue {
  readonly code?: string | undefined
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly keys?: readonly string[]
}

/** What is said on the command line alone: it would open what a build is shut in by, raise a limit, lend what is the user's, or write. */
const ofCommandLine =
  /^(allow|allowSecretInLayer|securityOpt|secrets?|ssh|outputs?|push|load|iidfile|digestFile|metadataFile|buildContexts?|buildArgFile|cacheMounts?|cgroupParent|quiet|root|limits?|insecureRegistr(y|ies)|cacheMax|pidsLimit|shmSize|ulimits?|no.*)$/

function wrongConfig(file: string, issue: Issue | undefined): OptionError {
  const at = (issue?.path ?? []).map(String)
  const [unknown] = issue?.keys ?? (issue?.code === 'invalid_key' ? at.slice(-1) : [])
  if (unknown === undefined) {
    const key = at.join('.') || 'the whole'
    return new OptionError('TSB_CONFIG_KEY', `${file}: ${key}: ${issue?.message ?? 'not valid'}`, {
      hint: 'docs/config.md has all keys',
    })
  }
  const known = Object.keys(configSchema.shape)
  const shown = [...at.filter((piece) => piece !== unknown), unknown].join('.')
  if (!known.includes(unknown) && ofCommandLine.test(unknown)) return ofCommandLineAlone(`${file}: ${shown}`)
  return new OptionError('TSB_CONFIG_KEY', `${file}: there is no ${shown}`, {
    hint: didYouMean(unknown, known) ?? `known are ${known.join(', ')}`,
  })
}
