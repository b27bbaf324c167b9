import type { HttpResponse } from './http.ts'

/** Bytes and milliseconds that a connection is worth, which takes two or three round trips to make. */
const [most, longest] = [64 << 10, 500]

/**
 * Reads what nobody wants to know to its end, so that the connection serves again; not if that is long, or takes long. One that
 * breaks then has said all that counts.
 */
export async function drained(response: HttpResponse): Promise<HttpResponse> {
  const timer = setTimeout(() => response.discard(), longest)
  let size = 0
  try {
    for await (const chunk of response.body) {
      size += chunk.length
      if (size > most) break
    }
  } catch {
    response.discard()
  } finally {
    clearTimeout(timer)
  }
  return response
}
