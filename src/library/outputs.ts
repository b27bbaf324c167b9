import path from 'node:path'
import {
  type Destination,
  type ExportPorts,
  exportDocker,
  exportLocal,
  exportOci,
  exportOciFolder,
  exportTar,
} from '../export/index.ts'
import { type Image, type ImageOrSet, isImageSet, parseReference } from '../image/index.ts'
import type { EngineOutput, Environment, OutputOptions, RegistryOutput } from '../options.ts'
import { annotated } from './annotations.ts'
import type { Report } from './progress.ts'
import type { Session } from './session.ts'

type FileOutput = Exclude<OutputOptions, RegistryOutput | EngineOutput>

/** Writes an image as one `-o` asks for. @throws {TsbuildError} TSB_EXPORT_…, TSB_DISK_FULL */
export async function writeOutput(
  image: ImageOrSet,
  names: readonly string[],
  output: FileOutput,
  environment: Environment,
  ports: ExportPorts,
): Promise<void> {
  const asked = 'annotations' in output ? output.annotations : undefined
  const said = annotated(image, asked)
  const references = names.map(parseReference)
  const named = [{ image: said, names: references }]
  const place = path.resolve(environment.cwd, output.dest)
  const destination = destinationOf(output.dest, environment)
  switch (output.type) {
    case 'oci':
      return output.tar ? exportOci(named, destination, ports) : exportOciFolder(named, place, ports)
    case 'docker':
      return exportDocker([{ image: alone(said), names: references }], destination, ports)
    case 'tar':
      return exportTar(image, destination, ports.signal, output.platformSplit)
    case 'local':
      await exportLocal(image, place, ports.signal, output.platformSplit)
  }
}

/** What has no place for an index: that there is none was seen to before anything ran. */
export function alone(image: ImageOrSet): Image {
  if (isImageSet(image)) throw new Error('an index for a docker archive')
  return image
}

/** `-` is standard output. */
export function destinationOf(dest: string, { cwd, stdout }: Environment): Destination {
  return dest === '-' ? { kind: 'stream', stream: stdout } : { kind: 'file', path: path.resolve(cwd, dest) }
}

/** What exports need of store and cache. */
export function exportPorts({ store, cache, lost }: Session, signal?: AbortSignal, report?: Report): ExportPorts {
  const { blobs, temporary } = store
  return {
    async blobFile(descriptor) {
      try {
        await blobs.obtain(descriptor, signal)
      } catch (error) {
        lost?.(descriptor.digest, error)
        throw error
      }
      return blobs.path(descriptor.digest)
    },
    temporary,
    packed: cache.packed,
    ...(report && { report }),
    ...(signal && { signal }),
  }
}
