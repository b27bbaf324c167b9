import { type Finding, namesIn, type Reading, see, textOfFile, useless } from '../store/index.ts'
import { keptFolder, parseKept, recordName } from './kept-run.ts'

/**
 * Reads what says of what commands left; the files themselves are nobody's but the command's.
 * @param root of the store
 */
export async function checkKept(root: string, reading: Reading): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const name of await namesIn(`${root}/${keptFolder}`)) {
    const place = `${keptFolder}/${name}`
    see(`${root}/${place}`, reading)
    const run = parseKept((await textOfFile(`${root}/${place}/${recordName}`, reading)) ?? '')
    if (run?.id !== name) findings.push(useless('kept-damaged', place, `${place} does not say what it is of`))
  }
  return findings
}
