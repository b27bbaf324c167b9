import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { argv, exit, stdout } from 'node:process'
import type { SandboxChoice } from '../../src/executor/sandbox/index.ts'
import { openSteps } from './steps.ts'

/**
 * One step in a process of its own: `node run-step.ts FORM ROOT NETWORK LINE` prints what it gave as JSON, and ends with 77
 * when this machine has no such form.
 */
const [, , form = '', root = '', network = 'none', line = ''] = argv
const home = await mkdtemp(join(tmpdir(), 'tsbuild-step-'))
const steps = await openSteps(form as SandboxChoice, root, '', home)
if (typeof steps === 'string') {
  stdout.write(`${steps}\n`)
  exit(77)
}
const result = await steps.run(['sh', '-c', line], { network: network as 'none' })
stdout.write(`${JSON.stringify({ ...result, notices: steps.notices })}\n`)
await rm(home, { recursive: true, force: true })
