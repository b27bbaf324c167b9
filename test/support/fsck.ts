import { checkStore, type Environment, type StoreCheck } from '../../src/index.ts'

/** What a check of the store finds, each as `level kind`; nothing when all is well. */
export async function findingsIn(environment: Environment, repair = false): Promise<readonly string[]> {
  return lines(await checkStore({ repair }, environment))
}

export function lines({ findings }: StoreCheck): readonly string[] {
  return findings.map(({ level, kind, mended }) => [level, kind, mended].filter(Boolean).join(' ')).sort()
}
