import { delay, isTransient, isTransientStatus, pause, tellBroken, waitAsAsked } from '../http/index.ts'
import type { UploadPorts } from './outgoing.ts'
import { pushScope } from './scopes.ts'
import type { Failure } from './send-blob.ts'

/**
 * Waits before a blob is sent again.
 * @throws {TsbuildError} when that would not help, or was tried often enough
 */
export async function bearWith(
  { client, endpoint, patience, signal }: UploadPorts,
  failure: Failure,
  attempt: number,
  form: 'whole' | 'pieces',
): Promise<void> {
  signal?.throwIfAborted()
  const failures = client.failures(endpoint, failure.request, [pushScope(endpoint.repository)])
  const last = attempt >= patience.attempts
  if (failure.kind === 'broken') {
    if (last || !isTransient(failure.error)) throw failures.unreachable(failure.error, attempt)
    tellBroken(patience, endpoint.host, failure.error, attempt)
    return pause(delay(patience, attempt), signal)
  }
  const { response } = failure
  if (last || !mayPass(response.status, form)) throw await failures.refused(response, attempt)
  response.discard()
  return waitAsAsked(response, patience, attempt, endpoint.host, signal)
}

/** Beside what passes by itself: too much in one request, and pieces that do not fit what the registry has. */
function mayPass(status: number, form: 'whole' | 'pieces'): boolean {
  if (isTransientStatus(status)) return true
  return form === 'whole' ? status === 413 : [400, 404, 416].includes(status)
}
