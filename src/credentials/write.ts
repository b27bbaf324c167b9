import { randomUUID } from 'node:crypto'
import { chmod, open, readFile, realpath, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { isSystemError, TsbuildError } from '../errors.ts'
import { makeFolder } from '../make-folder.ts'
import type { AuthFile } from './auth-files.ts'
import { eraseInHelper, namedBy, storeInHelper } from './helper.ts'
import { keyOf, keysFor } from './keys.ts'
import type { Login } from './login.ts'
import { readAuthFile } from './read.ts'

type Env = Readonly<Record<string, string | undefined>>
type Members = Record<string, unknown>

/**
 * Keeps a login: in the helper that the file names for the registry, else in the file itself, for its owner alone.
 * @returns where it is now: `docker-credential-NAME`, or the file
 * @throws {TsbuildError} TSB_AUTH_FILE, TSB_HELPER_…
 */
export async function keepLogin(file: AuthFile, host: string, login: Login, env: Env): Promise<string> {
  const key = keyOf(host)
  const helper = await helperFor(file, host)
  if (helper !== undefined) await namedBy(file, storeInHelper(helper, key, login, env))
  // docker writes an empty entry beside a helper, so that it knows where somebody is logged in.
  const entry = helper === undefined ? entryOf(login) : {}
  await change(file, (members) => ({ ...members, auths: { ...objectOf(members['auths']), [key]: entry } }))
  return helper === undefined ? file : `docker-credential-${helper}`
}

/**
 * Forgets the login of a registry.
 * @returns false when there was none in the file
 * @throws {TsbuildError} TSB_AUTH_FILE, TSB_HELPER_…
 */
export async function forgetLogin(file: AuthFile, host: string, env: Env): Promise<boolean> {
  const helper = await helperFor(file, host)
  if (helper !== undefined) await namedBy(file, eraseInHelper(helper, keyOf(host), env))
  const known = Object.keys((await readAuthFile(file))?.auths ?? {})
  const gone = new Set(keysFor(known, host, ''))
  if (gone.size === 0) return helper !== undefined
  await change(file, (members) => {
    const kept = Object.entries(objectOf(members['auths'])).filter(([key]) => !gone.has(key))
    return { ...members, auths: Object.fromEntries(kept) }
  })
  return true
}

async function helperFor(file: AuthFile, host: string): Promise<string | undefined> {
  const { credHelpers = {}, credsStore } = (await readAuthFile(file)) ?? {}
  const [key] = keysFor(Object.keys(credHelpers), host, '')
  return (key === undefined ? credsStore : credHelpers[key]) || undefined
}

function entryOf(login: Login): object {
  if (login.kind === 'identity') return { identitytoken: login.token }
  return { auth: Buffer.from(`${login.username}:${login.password}`).toString('base64') }
}

/** All that is not about logins stays as it is. A file that is a link stays one: what it leads to is replaced. */
async function change(file: AuthFile, made: (members: Members) => Members): Promise<void> {
  try {
    makeFolder(path.dirname(file), 0o700)
    const target = await realpath(file).catch(() => file)
    const before = await readFile(target, 'utf8').catch((error: unknown) => {
      if (isSystemError(error, 'ENOENT')) return '{}'
      throw error
    })
    const text = `${JSON.stringify(made(objectOf(JSON.parse(before || '{}'))), undefined, '\t')}\n`
    await replace(target, text)
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error
    throw new TsbuildError('TSB_AUTH_FILE', `cannot write ${file}`, {
      cause: error,
      hint: 'DOCKER_CONFIG names another folder',
    })
  }
}

async function replace(target: string, text: string): Promise<void> {
  const aside = `${target}.${randomUUID()}.tmp`
  try {
    await using handle = await open(aside, 'wx', 0o600)
    await chmod(aside, 0o600)
    await handle.writeFile(text)
    await handle.sync()
    await rename(aside, target)
  } finally {
    await rm(aside, { force: true })
  }
}

function objectOf(value: unknown): Members {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
