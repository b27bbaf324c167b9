import { readFileSync } from 'node:fs'
import { isSystemError } from '../../errors.ts'
import { FlagError } from './flag-error.ts'

/**
 * The lines of a `--build-arg-file`, each as a `--build-arg` has it; blank lines and those that begin with `#` are none.
 * @throws {FlagError} for a file that cannot be read
 */
export function readArgFile(file: string): readonly string[] {
  return read(file)
    .split(/\r?\n/)
    .map((line) => line.trimStart())
    .filter((line) => line !== '' && !line.startsWith('#'))
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/^\ufeff/, '')
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR')) throw error
    throw new FlagError(`--build-arg-file ${file}: cannot be read`, 'name a file with a NAME=value on each line')
  }
}
