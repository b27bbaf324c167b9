import { existsSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

/** The folder of this machine's npm, when that has all it needs in it (that of Debian has not). */
export function npmFolder(): string | undefined {
  const programs = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'npm'))
  const folders = programs
    .filter((program) => existsSync(program))
    .map((program) => dirname(dirname(realpathSync(program))))
  return folders.find(
    (folder) => existsSync(join(folder, 'bin/npm-cli.js')) && existsSync(join(folder, 'node_modules')),
  )
}
