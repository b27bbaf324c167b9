import path from 'node:path'
import { type Finding, namesIn, type Reading, see, textOfFile, useless } from '../store/index.ts'
import { heldName } from './claim.ts'
import { buildNumbers, recordFile } from './files.ts'
import { isLeft } from './forget.ts'

/**
 * Reads all records of builds. What is damaged was only for people to read.
 * @param root of the store
 * @param now milliseconds since 1970
 */
export async function checkBuilds(root: string, reading: Reading, now: number): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const numbers = new Set(buildNumbers(root).map(String))
  for (const name of await namesIn(path.join(root, 'builds'))) {
    if (name === heldName) continue
    const folder = `builds/${name}`
    if (!numbers.has(name)) {
      findings.push(useless('build-stranger', folder, `${folder} is no record of a build`))
      continue
    }
    const text = await textOfFile(recordFile(root, Number(name)), reading)
    see(path.join(root, folder), reading)
    if (text === undefined) {
      if (!isLeft(root, Number(name), now)) continue
      findings.push(useless('build-left', folder, `${folder} is of a build that was killed`))
    } else {
      const { readRecord } = await import('./schema.ts')
      if (readRecord(text)?.number === Number(name)) continue
      findings.push(useless('build-damaged', folder, `the record of the build ${name} cannot be read`))
    }
  }
  return findings
}
