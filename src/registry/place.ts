import { TsbuildError } from '../errors.ts'
import type { HttpResponse } from '../http/index.ts'
import type { Endpoint } from './endpoint.ts'

/**
 * Where an upload goes on, as the registry says. Token and bytes are for the registry alone, so it has to be there too.
 * @param from what the answer is of: a relative place is below it
 * @throws {TsbuildError} TSB_UPLOAD_LOCATION
 */
export function nextPlace(endpoint: Endpoint, from: URL, { headers }: HttpResponse): URL {
  const { location } = headers
  if (location === undefined || !URL.canParse(location, from.href)) throw locationError(endpoint, 'no place at all')
  const next = new URL(location, from.href)
  if (next.origin !== endpoint.base.origin || next.username !== '' || next.password !== '') {
    throw locationError(endpoint, `${next.protocol}//${next.host}`)
  }
  return next
}

function locationError({ host }: Endpoint, where: string): TsbuildError {
  return new TsbuildError('TSB_UPLOAD_LOCATION', `${host} wants an upload to go to ${where}, which is not itself`, {
    hint: 'nothing was sent there; a registry behind a proxy has to be told its own address (http.host, X-Forwarded-Proto)',
  })
}
