import { openTurns, type Turns } from '../turns.ts'

/** A node of a graph, by name, with the names of what must be done before it. */
export interface Task {
  readonly id: string
  readonly inputs: readonly string[]
}

/** Takes one of the places in which work is done at once; the rest waits in line. */
export type Slot = Turns

/**
 * Does each task as soon as its inputs are there. After the first failure nothing new starts, running work is told by the
 * signal, and the failure is thrown when all of it has ended.
 * @param tasks in an order in which inputs come first
 * @param perform gets the results of the inputs through `resultOf`, and takes a slot for what costs time
 */
export async function schedule<T extends Task, R>(
  tasks: readonly T[],
  jobs: number,
  signal: AbortSignal,
  perform: (task: T, resultOf: (id: string) => R, slot: Slot, signal: AbortSignal) => Promise<R>,
): Promise<ReadonlyMap<string, R>> {
  const failed = new AbortController()
  const either = AbortSignal.any([signal, failed.signal])
  const slot = openTurns(Math.max(1, jobs))
  const results = new Map<string, R>()
  const running = new Map<string, Promise<void>>()
  const resultOf = (id: string): R => {
    const result = results.get(id)
    if (result === undefined) throw new Error(`${id} was not done before it was needed`)
    return result
  }
  const start = async (task: T): Promise<void> => {
    await Promise.all(task.inputs.map((id) => running.get(id)))
    if (either.aborted) return
    try {
      results.set(task.id, await perform(task, resultOf, slot, either))
    } catch (error) {
      if (!failed.signal.aborted) failed.abort(error)
    }
  }
  for (const task of tasks) running.set(task.id, start(task))
  await Promise.all(running.values())
  either.throwIfAborted()
  return results
}
