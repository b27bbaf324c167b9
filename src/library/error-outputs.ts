import path from 'node:path'
import type { ErrorOutput } from '../debug-options.ts'
import { exportTree, exportTreeTar } from '../export/index.ts'
import type { KeptRun } from '../kept/index.ts'
import type { BuildOptions, Environment } from '../options.ts'
import { type FileTree, rootPath } from '../tree/index.ts'
import { placeOfKept } from './failed-step.ts'
import { destinationOf } from './outputs.ts'
import type { Session } from './session.ts'
import { filesAt, treeOfPlace } from './step-files.ts'

/** Takes files out of a RUN that failed. What cannot be had is said, and no error beside the one there is. */
export async function writeErrorOutputs(
  kept: KeptRun,
  outputs: readonly ErrorOutput[],
  { onEvent, signal }: BuildOptions,
  session: Session,
  environment: Environment,
): Promise<void> {
  const notice = (message: string) =>
    onEvent?.({
      type: 'notice',
      at: environment.now(),
      message: `warning: ${message} (--on-error-output)`,
      serious: true,
    })
  for (const output of outputs) {
    const from = output.from ?? '/'
    try {
      const files = filesAt(await treeOfPlace(placeOfKept(kept, session), session), from)
      if (files) await write(files, output, environment, signal)
      else notice(`the failed step has no ${from}`)
    } catch (error) {
      if (!(error instanceof Error)) throw error
      notice(`${from} of the failed step: ${error.message}`)
    }
  }
}

async function write(
  files: FileTree,
  { type, dest }: ErrorOutput,
  environment: Environment,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (type === 'tar') await exportTreeTar(files, rootPath, destinationOf(dest, environment), signal)
  else await exportTree(files, path.resolve(environment.cwd, dest), signal)
}
