import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** Before all tests: the bundle that the command line is tried with is that of the sources as they are. */
export default function setup(): void {
  execFileSync(process.execPath, [join(import.meta.dirname, '../../scripts/bundle.ts')], { stdio: 'inherit' })
}
