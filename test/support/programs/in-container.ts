import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { runcArguments, writeBundle } from '../container.ts'

// `node in-container.ts [FOLDER…] -- COMMAND`: runs it as root of an unprivileged container that can read the folders, with a
// folder of its own for temporary files. Ends with its status.
const [folders, command] = split(process.argv.slice(2))
const [bundle, scratch] = ['bundle', 'scratch'].map((name) => mkdtempSync(path.join(tmpdir(), `tsbuild-${name}-`)))
if (!bundle || !scratch) throw new Error('no folders')
try {
  const container = { uid: 0, writable: [scratch], readable: folders, cwd: scratch, env: { TMPDIR: scratch } }
  writeBundle(bundle, container, command)
  process.exitCode = spawnSync('runc', runcArguments(bundle), { stdio: ['ignore', 'inherit', 'inherit'] }).status ?? 1
} finally {
  for (const folder of [bundle, scratch]) rmSync(folder, { recursive: true, force: true })
}

function split(words: readonly string[]): readonly [readonly string[], readonly string[]] {
  const end = words.indexOf('--')
  return [words.slice(0, end), words.slice(end + 1)]
}
