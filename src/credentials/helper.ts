import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import path from 'node:path'
import { TsbuildError } from '../errors.ts'
import { defaultLimits, type Limits, limitHint } from '../limits.ts'
import type { AuthFile } from './auth-files.ts'
import type { Login } from './login.ts'

type Env = Readonly<Record<string, string | undefined>>

type Verb = 'get' | 'store' | 'erase'

/** How long a helper may take, and how much it may say: milliseconds and bytes. */
export interface HelperLimits {
  readonly milliseconds: number
  readonly bytes: number
}

export function helperLimitsOf(limits: Limits): HelperLimits {
  return { milliseconds: 30_000, bytes: limits['token-bytes'] }
}

const helperLimits = helperLimitsOf(defaultLimits)

/** What helpers need of the environment to find the keyring, the agent or the cloud that they ask. */
const passedOn =
  /^(HOME|USER|LOGNAME|LANG|LC_\w+|TMPDIR|DISPLAY|WAYLAND_DISPLAY|DBUS_SESSION_BUS_ADDRESS|GNUPGHOME|GPG_TTY|PASSWORD_STORE_DIR|XDG_\w+|AWS_\w+|AZURE_\w+|GOOGLE_\w+|CLOUDSDK_\w+|https?_proxy|no_proxy|HTTPS?_PROXY|NO_PROXY|SSL_CERT_\w+)$/

/**
 * Asks `docker-credential-NAME` for the login of a registry; undefined when it has none.
 * @throws {TsbuildError} TSB_HELPER_NAME, TSB_HELPER_MISSING, TSB_HELPER_FAILED; none of them shows what it answered
 * @see https://github.com/docker/docker-credential-helpers
 */
export async function askHelper(
  name: string,
  key: string,
  env: Env,
  limits = helperLimits,
): Promise<Login | undefined> {
  const { status, output } = await runHelper(name, 'get', key, env, limits)
  if (status !== 0) {
    if (/credentials not found/i.test(output)) return undefined
    throw failed(name, 'get', `it ended with ${status}`)
  }
  return loginOf(output, name)
}

/** Gives a login to a helper to keep. Throws as `askHelper`. */
export async function storeInHelper(name: string, key: string, login: Login, env: Env): Promise<void> {
  const pair = login.kind === 'password' ? [login.username, login.password] : ['<token>', login.token]
  const document = JSON.stringify({ ServerURL: key, Username: pair[0], Secret: pair[1] })
  const { status } = await runHelper(name, 'store', document, env, helperLimits)
  if (status !== 0) throw failed(name, 'store', `it ended with ${status}`)
}

/** Has a helper forget a login, if it has it. Throws as `askHelper`. */
export async function eraseInHelper(name: string, key: string, env: Env): Promise<void> {
  const { status, output } = await runHelper(name, 'erase', key, env, helperLimits)
  if (status !== 0 && !/not found/i.test(output)) throw failed(name, 'erase', `it ended with ${status}`)
}

function runHelper(
  name: string,
  verb: Verb,
  input: string,
  env: Env,
  limits: HelperLimits,
): Promise<{ readonly status: number | null; readonly output: string }> {
  const program = programOf(name, env)
  return new Promise((resolve, reject) => {
    const child = spawn(program, [verb], { cwd: '/', env: environmentOf(env), stdio: ['pipe', 'pipe', 'ignore'] })
    const stop = (why: string, hint?: string) => {
      child.kill('SIGKILL')
      child.stdout.destroy()
      reject(failed(name, verb, why, hint))
    }
    const timer = setTimeout(() => stop(`no answer for ${limits.milliseconds / 1000} s`), limits.milliseconds)
    const chunks: Buffer[] = []
    let size = 0
    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size > limits.bytes) stop(`its answer is longer than ${limits.bytes} bytes`, limitHint('token-bytes'))
    })
    child.on('error', (error) => {
      clearTimeout(timer)
      reject(failed(name, verb, error.message))
    })
    child.on('close', (status) => {
      clearTimeout(timer)
      resolve({ status, output: Buffer.concat(chunks).toString() })
    })
    // One that ends without reading what it is asked says so by its status.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

/** The program itself: the folder that is built, which may be the working directory, is no place to look for it. */
function programOf(name: string, env: Env): string {
  if (!/^[A-Za-z0-9._-]+$/.test(name)) {
    throw new TsbuildError(
      'TSB_HELPER_NAME',
      `not the name of a credential helper: ${JSON.stringify(name.slice(0, 80))}`,
      {
        hint: 'credsStore and credHelpers have the NAME of docker-credential-NAME',
      },
    )
  }
  const found = foldersOf(env)
    .map((folder) => path.join(folder, `docker-credential-${name}`))
    .find(isExecutable)
  if (found) return found
  throw new TsbuildError('TSB_HELPER_MISSING', `the credential helper docker-credential-${name} is not in PATH`, {
    hint: 'install it, or take it out of the config.json that names it',
  })
}

function foldersOf({ PATH = '' }: Env): readonly string[] {
  return PATH.split(':').filter((folder) => path.isAbsolute(folder))
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    // Whatever the reason is, this is not the one to run.
    return false
  }
}

function environmentOf(env: Env): Record<string, string> {
  const kept = Object.entries(env).filter(([name, value]) => value !== undefined && passedOn.test(name))
  return { ...(Object.fromEntries(kept) as Record<string, string>), PATH: foldersOf(env).join(':') }
}

function loginOf(output: string, name: string): Login | undefined {
  const members = new Map<string, unknown>(Object.entries(Object(jsonOf(output, name))))
  const [username, secret] = [members.get('Username'), members.get('Secret')]
  if (typeof username !== 'string' || typeof secret !== 'string') throw failed(name, 'get', 'its answer is no login')
  if (secret === '') return undefined
  return username === '<token>' ? { kind: 'identity', token: secret } : { kind: 'password', username, password: secret }
}

function jsonOf(output: string, name: string): unknown {
  try {
    return JSON.parse(output)
  } catch {
    // The reason would show a part of the answer.
    throw failed(name, 'get', 'its answer is no JSON')
  }
}

const hints: Readonly<Record<Verb, (program: string) => string>> = {
  get: (program) => `run: echo REGISTRY | ${program} get`,
  store: (program) =>
    `run: echo '{"ServerURL": "REGISTRY", "Username": "me", "Secret": "x"}' | ${program} store; without the helper the login is kept in the file itself`,
  erase: (program) => `run: echo REGISTRY | ${program} erase`,
}

function failed(name: string, verb: Verb, why: string, hint?: string): TsbuildError {
  const program = `docker-credential-${name}`
  return new TsbuildError('TSB_HELPER_FAILED', `the credential helper ${program} failed: ${why}`, {
    hint: hint ?? hints[verb](program),
  })
}

/** Has an error of a helper say which file names that. */
export async function namedBy<T>(file: AuthFile, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error
    const { code, hint, message } = error
    throw new TsbuildError(code, `${message} (${file} names it)`, { hint, cause: error })
  }
}
