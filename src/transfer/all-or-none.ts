/**
 * Does several things at once. When one fails the others are told to stop, and waited for: nothing goes on behind the error.
 * @throws what failed first; the reason of `signal`
 */
export async function allOrNone<T, R>(
  items: readonly T[],
  signal: AbortSignal | undefined,
  work: (item: T, signal: AbortSignal) => Promise<R>,
): Promise<readonly R[]> {
  const stop = new AbortController()
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
  const failures: unknown[] = []
  const results = await Promise.all(
    items.map(async (item) => {
      try {
        return [await work(item, either)] as const
      } catch (error) {
        failures.push(error)
        stop.abort(error)
        return undefined
      }
    }),
  )
  signal?.throwIfAborted()
  if (failures.length > 0) throw failures[0]
  return results.flatMap((result) => result ?? [])
}
