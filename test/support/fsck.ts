import { checkStore, type Environment } from '../../src/index.ts'

/** What builds of other tests that were killed leave for a moment is not the store's. */
const ofTheMachine = new Set(['cgroup-left', 'network-helper-left'])

/** What a check of the store finds, each as `level kind`, and what a repair did; nothing when all is well. */
export async function findingsIn(environment: Environment, repair = false): Promise<readonly string[]> {
  const { findings } = await checkStore({ repair }, environment)
  return findings
    .filter(({ kind }) => !ofTheMachine.has(kind))
    .map(({ level, kind, mended }) => [level, kind, mended].filter(Boolean).join(' '))
    .sort()
}
