import path from 'node:path'
import { asOptionError } from '../errors.ts'
import { checkPlace } from '../export/index.ts'
import type { BuildOptions, Environment, OutputOptions } from '../options.ts'

/**
 * Before a step runs: places that could not be written to in the end.
 * @throws {OptionError} TSB_EXPORT_DEST, TSB_EXPORT_WRITE, TSB_EXPORT_REFUSED
 */
export async function checkPlaces(
  { outputs = [], errorOutputs = [] }: BuildOptions,
  { cwd }: Environment,
): Promise<void> {
  try {
    await checkAll(outputs, cwd)
    await checkAll(errorOutputs, cwd)
  } catch (error) {
    throw asOptionError(error)
  }
}

/** One after the other, as they are written: what is below a directory of an earlier one is there when it is its turn. */
async function checkAll(outputs: readonly Partial<FileOutput>[], cwd: string): Promise<void> {
  const made: string[] = []
  for (const { type, dest, tar } of outputs) {
    if (dest === undefined || dest === '-') continue
    const place = path.resolve(cwd, dest)
    const kind = type === 'local' ? 'folder' : tar === false ? 'layout' : 'file'
    if (!made.some((folder) => place.startsWith(`${folder}/`))) await checkPlace(kind, place, hints[kind])
    if (kind !== 'file') made.push(place)
  }
}

type FileOutput = { readonly type: OutputOptions['type']; readonly dest: string; readonly tar: boolean }

const hints = {
  file: 'name a file, or write a directory: type=local, or tar=false of type=oci',
  folder: 'name a directory, or write a file: type=tar',
  layout: 'name a directory, or leave tar=false out',
} as const
