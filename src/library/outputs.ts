import type { Image } from '../image/index.ts'
import type { Environment, OutputOptions } from '../options.ts'
import type { Store } from '../store/index.ts'
export async function writeOutput(
  _image: Image,
  _names: readonly string[],
  _output: OutputOptions,
  _environment: Environment,
  _store: Store,
  _signal?: AbortSignal,
): Promise<void> {
  throw new Error('no exports yet')
}
