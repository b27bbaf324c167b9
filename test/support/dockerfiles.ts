import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { conformancePath, hasConformance } from './conformance.ts'

const fixtures = resolve(import.meta.dirname, '../../fixtures/dockerfiles')

/** Dockerfiles that people wrote: those of the fixtures, and of the conformance data where it is there. */
export function dockerfileTexts(): readonly string[] {
  const folders = [fixtures, ...(hasConformance ? ['parser', 'golden'].map(conformancePath) : [])]
  const candidates = folders.flatMap((folder) =>
    readdirSync(folder).flatMap((name) => [join(folder, name, 'Dockerfile'), join(folder, name, 'context/Dockerfile')]),
  )
  return candidates.filter((file) => existsSync(file)).map((file) => readFileSync(file, 'utf8'))
}
