import { readFileSync } from 'node:fs'
import path from 'node:path'
import { runProgram } from './programs.ts'

/**
 * The entries of the layers of an OCI layout as GNU tar sees them: `-rw------- 0/0 2024-01-02 03:04:05 f`. Directories
 * without their time, which is that of the build.
 */
export function layerLines(layout: string): readonly string[] {
  return layerFiles(layout).flatMap((file) => {
    const text = runProgram('tar', '--list', '--verbose', '--utc', '--full-time', '--numeric-owner', '--file', file)
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => line.replace(/^(\S+ \S+) +\d+ /, '$1 ').replace(/^(d\S+ \S+) \S+ \S+ /, '$1 '))
  })
}

/** The names of what is in the last layer of an OCI layout, folders with a slash. */
export function namesInLastLayer(layout: string): readonly string[] {
  return runProgram('tar', '--list', '--file', layerFiles(layout).at(-1) ?? '')
    .split('\n')
    .filter(Boolean)
}

/** What a file holds in the last layer of an OCI layout. */
export function fileInLayout(layout: string, name: string): string {
  return runProgram('tar', '--extract', '--to-stdout', '--file', layerFiles(layout).at(-1) ?? '', name)
}

function layerFiles(layout: string): readonly string[] {
  const blob = (digest: string) => path.join(layout, 'blobs', digest.replace(':', '/'))
  const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'))
  const manifest = json(blob(json(path.join(layout, 'index.json')).manifests[0].digest))
  return manifest.layers.map(({ digest }: { digest: string }) => blob(digest))
}
