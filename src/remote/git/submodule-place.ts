import { TsbuildError } from '../../errors.ts'
import type { Login } from '../remotes.ts'
import { parseAddress, type RemoteAddress, shown } from './address.ts'

/** Where a submodule is fetched from. */
export interface SubmodulePlace {
  /** As git takes it, without a login. */
  readonly remote: string
  readonly login?: Login
  /** It was given relative to the repository that names it: it is on the same host. */
  readonly relative: boolean
}

/**
 * Reads a `url` of `.gitmodules`. It may be https or ssh, or what the repository itself came over: never a path of this
 * machine, nor a helper's.
 * @throws {TsbuildError} TSB_GIT_SUBMODULE
 */
export function submodulePlace(url: string, name: string, base: RemoteAddress): SubmodulePlace {
  const relative = /^\.\.?\//.test(url)
  const whole = relative ? besideOf(url, base) : url
  const address = whole === undefined ? undefined : parseAddress(whole)
  if (whole === undefined || !address) {
    throw submoduleError(`submodule "${shown(name)}" is at ${shown(url)}, which is no address on a network`, base)
  }
  const { scheme, host, path } = address
  if (scheme !== 'https' && scheme !== 'ssh' && scheme !== base.scheme) {
    throw submoduleError(`submodule "${shown(name)}" would be fetched over ${scheme}`, base)
  }
  if (scheme === 'ssh' || scheme === 'git') return { remote: whole, relative }
  return { remote: `${scheme}://${host}${path}`, ...loginOf(whole), relative }
}

/** As git does: `../x` is beside the repository, `./x` below it. Undefined when that leads above the host. */
function besideOf(url: string, { origin, path, scheme }: RemoteAddress): string | undefined {
  const [steps = ''] = /^(?:\.\.?\/+)+/.exec(url) ?? []
  const up = steps.split('/').filter((step) => step === '..').length
  const pieces = path.replace(/\/+$/, '').split('/')
  const isScp = scheme === 'ssh' && !origin.includes('://')
  const left = pieces.length - up
  if (left < (isScp ? 0 : 1)) return undefined
  const below = url.slice(steps.length).replace(/\/+$/, '')
  return `${origin}${isScp ? ':' : ''}${[...pieces.slice(0, left), below].join('/')}`
}

function loginOf(url: string): { readonly login?: Login } {
  const text = /^[a-z]+:\/\/([^/]*)@/i.exec(url)?.[1]
  if (text === undefined) return {}
  const [user = '', ...password] = text.split(':').map(decoded)
  return { login: { user, ...(password.length > 0 && { password: password.join(':') }) } }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return text
    throw error
  }
}

/** What is wrong with the submodules of a repository. */
export function submoduleError(what: string, { origin, path }: RemoteAddress, hint?: string): TsbuildError {
  const place = origin.includes('://') ? `${origin}${path}` : `${origin}:${path}`
  return new TsbuildError('TSB_GIT_SUBMODULE', `${what} (named by ${place})`, {
    hint: hint ?? 'submodules come over https or ssh; ?submodules=false leaves them out',
  })
}
