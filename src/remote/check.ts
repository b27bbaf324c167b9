import path from 'node:path'
import { isDigest } from '../digest/index.ts'
import { digestOfFile, type Finding, namesIn, type Reading, textOfFile, useless } from '../store/index.ts'
import { parseRecord } from './http/record.ts'

/**
 * Reads what was fetched from URLs. Repositories of git are not looked into: git itself checks what it takes from them.
 * @param root of the store
 */
export async function checkRemotes(root: string, reading: Reading): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const folder = 'cache/remotes/http'
  for (const name of await namesIn(path.join(root, folder, 'files'))) {
    const [file, wanted] = [`${folder}/files/${name}`, `sha256:${name}`]
    if (isDigest(wanted) && (await digestOfFile(path.join(root, file), reading)) === wanted) continue
    findings.push(useless('cache-damaged', file, `${file} has other bytes than its name says`))
  }
  for (const name of await namesIn(path.join(root, folder, 'urls'))) {
    const file = `${folder}/urls/${name}`
    if (parseRecord((await textOfFile(path.join(root, file), reading)) ?? '')) continue
    findings.push(useless('cache-damaged', file, `${file} is no record of a URL`))
  }
  return findings
}
