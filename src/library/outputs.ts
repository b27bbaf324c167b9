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
import { type Image, parseReference } from '../image/index.ts'
import type { EngineOutput, Environment, OutputOptions, RegistryOutput } from '../options.ts'
import { annotated } from './annotations.ts'
import type { Report } from './progress.ts'
import type { Session } from './session.ts'

type FileOutput = Exclude<OutputOptions, RegistryOutput | EngineOutput>

/** Writes an image as one `-o` asks for. @throws {TsbuildError} TSB_EXPORT_…, TSB_DISK_FULL */
export async function writeOutput(
  image: Image,
  names: readonly string[],
  output: FileOutput,
  environment: Environment,
  ports: ExportPorts,
): Promise<void> {
  const asked = 'annotations' in output ? output.annotations : undefined
  const named = [{ image: annotated(image, asked), names: names.map(parseReference) }]
  const place = path.resolve(environment.cwd, output.dest)
  const destination = destinationOf(output.dest, environment)
  switch (output.type) {
    case 'oci':
      return output.tar ? exportOci(named, destination, ports) : exportOciFolder(named, place, ports)
    case 'docker':
      return exportDocker(named, destination, ports)
    case 'tar':
      return exportTar(image, destination, ports.signal)
    case 'local':
      await exportLocal(image, place, ports.signal)
  }
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
