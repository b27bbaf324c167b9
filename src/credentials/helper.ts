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
 * @throws {TsbuildError} TSB_HELPER_NAME, TSB_HELPER_MISSING, TSB_HELPER_FAILED; none of them shows a login
 * @see https://github.com/docker/docker-credential-helpers
 */
export async function askHelper(
  name: string,
  key: string,
  env: Env,
  limits = helperLimits,
): Promise<Login | undefined> {
  const asked = { name, verb: 'get', key } as const
  const ended = await runHelper(asked, key, env, limits)
  if (ended.status !== 0) {
    if (/credentials not found/i.test(ended.output)) return undefined
    throw failed(asked, reasonOf(ended))
  }
  return loginOf(ended.output, asked)
}

/** Gives a login to a helper to keep. Throws as `askHelper`. */
export async function storeInHelper(name: string, key: string, login: Login, env: Env): Promise<void> {
  const pair = login.kind === 'password' ? [login.username, login.password] : ['<token>', login.token]
  const document = JSON.stringify({ ServerURL: key, Username: pair[0], Secret: pair[1] })
  const asked = { name, verb: 'store', key } as const
  const ended = await runHelper(asked, document, env, helperLimits)
  if (ended.status !== 0) throw failed(asked, reasonOf(ended, pair[1]))
}

/** Has a helper forget a login, if it has it. Throws as `askHelper`. */
export async function eraseInHelper(name: string, key: string, env: Env): Promise<void> {
  const asked = { name, verb: 'erase', key } as const
  const ended = await runHelper(asked, key, env, helperLimits)
  if (ended.status !== 0 && !/not found/i.test(ended.output)) throw failed(asked, reasonOf(ended))
}

/** Which helper is asked what, and for which registry. */
interface Asked {
  readonly name: string
  readonly verb: Verb
  /** As docker calls the registry. */
  readonly key: string
}

interface Ended {
  readonly status: number | null
  readonly output: string
  /** The beginning of what it printed on standard error. */
  readonly complaint: string
}

/** Characters of standard error that are kept. */
const complaintLimit = 4096

function runHelper(asked: Asked, input: string, env: Env, limits: HelperLimits): Promise<Ended> {
  const program = programOf(asked.name, env)
  return new Promise((resolve, reject) => {
    const child = spawn(program, [asked.verb], { cwd: '/', env: environmentOf(env), stdio: ['pipe', 'pipe', 'pipe'] })
    const stop = (why: string, hint?: string) => {
      child.kill('SIGKILL')
      child.stdout.destroy()
      child.stderr.destroy()
      reject(failed(asked, why, hint))
    }
    const timer = setTimeout(() => stop(`no answer for ${limits.milliseconds / 1000} s`), limits.milliseconds)
    const chunks: Buffer[] = []
    let size = 0
    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size > limits.bytes) stop(`its answer is longer than ${limits.bytes} bytes`, limitHint('token-bytes'))
    })
    let complaint = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(0, complaintLimit)
    })
    child.on('error', (error) => {
      clearTimeout(timer)
      reject(failed(asked, error.message))
    })
    child.on('close', (status) => {
      clearTimeout(timer)
      resolve({ status, output: Buffer.concat(chunks).toString(), complaint })
    })
    // An agent that it starts may keep standard error open for ever: what counts is said by then.
    child.on('exit', () => setTimeout(() => child.stderr.destroy(), 100).unref())
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

function loginOf(output: string, asked: Asked): Login | undefined {
  const members = new Map<string, unknown>(Object.entries(Object(jsonOf(output, asked))))
  const [username, secret] = [members.get('Username'), members.get('Secret')]
  if (typeof username !== 'string' || typeof secret !== 'string') throw failed(asked, 'its answer is no login')
  if (secret === '') return undefined
  return username === '<token>' ? { kind: 'identity', token: secret } : { kind: 'password', username, password: secret }
}

function jsonOf(output: string, asked: Asked): unknown {
  try {
    return JSON.parse(output)
  } catch {
    // The reason would show a part of the answer.
    throw failed(asked, 'its answer is no JSON')
  }
}

/** With what it says itself of why it failed: on standard output, as the protocol has it, else beside that. No login is shown. */
function reasonOf({ status, output, complaint }: Ended, secret = ''): string {
  const said = [output, complaint]
    .map((text) => (/\S.*/.exec(text)?.[0] ?? '').replace(/[\p{C}\s]+/gu, ' ').trim())
    .find((line) => line !== '' && !line.startsWith('{') && (secret === '' || !line.includes(secret)))
  return `it ended with ${status}${said === undefined ? '' : `: ${said.slice(0, 200)}`}`
}

const hints: Readonly<Record<Verb, (program: string, key: string) => string>> = {
  get: (program, key) => `run: echo ${key} | ${program} get`,
  store: (program, key) =>
    `run: echo '{"ServerURL": "${key}", "Username": "me", "Secret": "x"}' | ${program} store; without the helper the login is kept in the file itself`,
  erase: (program, key) => `run: echo ${key} | ${program} erase`,
}

function failed({ name, verb, key }: Asked, why: string, hint?: string): TsbuildError {
  const program = `docker-credential-${name}`
  return new TsbuildError('TSB_HELPER_FAILED', `the credential helper ${program} failed: ${why}`, {
    hint: hint ?? hints[verb](program, key),
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
