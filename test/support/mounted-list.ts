import { readFileSync } from 'node:fs'
import path from 'node:path'
import { type BuildOptions, build } from '../../src/index.ts'
import { busyboxBase } from './busybox-base.ts'
import type { Workspace } from './workspace.ts'

/**
 * Builds with a step that adds a line to a list in its cache mount `npm`. Needs root, and busybox.
 * @param env variables besides those of the machine
 * @returns the list that the step found
 */
export async function foundInMount(
  on: Workspace,
  options: Partial<BuildOptions>,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const run = 'cat /c/list > /found 2>/dev/null; echo more >> /c/list'
  await on.import(busyboxBase(), 'base')
  on.write({ 'context/Dockerfile': `FROM base\nRUN --mount=type=cache,id=npm,target=/c ${run}\n` })
  const dest = path.join(on.directory, 'out')
  const environment = { ...on.environment, env: { ...on.environment.env, ...env } }
  const outputs = [{ type: 'local', dest }] as const
  await build({ context: 'context', runtime: 'native', noCache: true, outputs, ...options }, environment)
  return readFileSync(path.join(dest, 'found'), 'utf8')
}
