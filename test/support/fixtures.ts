import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { sha256 } from '../../src/digest/index.ts'
import { busyboxBase } from './busybox-base.ts'
import { showImage } from './image-lines.ts'
import { openWorkspace, type Workspace } from './workspace.ts'

export const fixtures = resolve(import.meta.dirname, '../../fixtures/dockerfiles')

/** A workspace with a Dockerfile of the fixtures, its context in `context`, and its base in the store. */
export async function openFixture(name: string): Promise<Workspace> {
  const workspace = await openWorkspace()
  await workspace.copy(join(fixtures, name, 'context'), 'context')
  workspace.write({ Dockerfile: readFileSync(join(fixtures, name, 'Dockerfile'), 'utf8') })
  await workspace.import(busyboxBase(), name === 'hello-service' ? 'demo-base' : 'busybox')
  return workspace
}

/** An image that was built from a fixture, as its `image.json` has it. */
export async function showFixture(workspace: Workspace, image: string): Promise<string> {
  const shown = await showImage(workspace.environment.root, image, bytesOfBase())
  return `${JSON.stringify(shown, undefined, 2)}\n`
}

/** What is different on every machine, by digest. */
function bytesOfBase(): ReadonlyMap<string, string> {
  const [base, program] = [busyboxBase(), '/bin/busybox'].map((file) => sha256(readFileSync(file)))
  return new Map([
    [base ?? '', 'the base'],
    [program ?? '', 'bin/busybox of the base'],
  ])
}
