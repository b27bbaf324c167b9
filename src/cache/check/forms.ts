import { join } from 'node:path'
import { type Digest, isDigest, openFingerprint, unseal } from '../../digest/index.ts'
import {
  digestOfFile,
  type Finding,
  namesIn,
  type Reading,
  see,
  statOf,
  textOfFile,
  useless,
} from '../../store/index.ts'
import { isDirectory } from '../exists.ts'
import { openIndexFile } from '../index-file/open.ts'
import { isWholeImage } from '../layer-image.ts'
import { isWholeStatIndex } from '../stat-index.ts'
import { filesOnShelf } from './texts.ts'

/** The forms of layers that are kept beside blobs and directories. */
export interface FormsLook {
  readonly findings: readonly Finding[]
  /** Diff ids of the layers whose index is whole, or whose tar is here. */
  readonly known: ReadonlySet<Digest>
}

export async function checkForms(root: string, reading: Reading): Promise<FormsLook> {
  const findings: Finding[] = []
  const known = new Set<Digest>()
  for await (const { digest, path } of filesOnShelf(root, 'cache/layers', findings)) {
    reading.signal.throwIfAborted()
    see(join(root, path), reading)
    const index = openIndexFile(join(root, path))
    reading.bytes += (await statOf(join(root, path)))?.size ?? 0
    if (index?.isWhole()) known.add(digest)
    else findings.push(useless('index-file-damaged', path, `the index of layer ${digest} is damaged`))
  }
  for (const digest of await checkNamed(root, 'cache/tars', reading, findings)) known.add(digest)
  await checkNamed(root, 'cache/packed', reading, findings)
  for (const version of await namesIn(join(root, 'cache/erofs'))) await checkImages(root, version, reading, findings)
  return { findings: [...findings, ...(await checkMemos(root, reading))], known }
}

/** Files whose names are the sha256 of what is in them. Gives those that are whole. */
async function checkNamed(
  root: string,
  folder: string,
  reading: Reading,
  findings: Finding[],
): Promise<readonly Digest[]> {
  const whole: Digest[] = []
  for (const name of await namesIn(join(root, folder))) {
    const [path, wanted] = [`${folder}/${name}`, `sha256:${name}`]
    if (isDigest(wanted) && (await digestOfFile(join(root, path), reading)) === wanted) whole.push(wanted)
    else findings.push(useless('cache-damaged', path, `${path} has other bytes than its name says`))
  }
  return whole
}

async function checkImages(root: string, version: string, reading: Reading, findings: Finding[]): Promise<void> {
  for (const name of await namesIn(join(root, 'cache/erofs', version))) {
    const path = `cache/erofs/${version}/${name}`
    reading.signal.throwIfAborted()
    see(join(root, path), reading)
    reading.bytes += (await statOf(join(root, path)))?.size ?? 0
    if (!isDirectory(join(root, path)) && isWholeImage(join(root, path))) continue
    findings.push(useless('cache-damaged', path, `the EROFS image ${path} is damaged`))
  }
}

async function checkMemos(root: string, reading: Reading): Promise<readonly Finding[]> {
  const [stats, probes] = ['cache/stat-index', 'cache/probes.json']
  const isThere = async (path: string) => {
    see(join(root, path), reading)
    return (await statOf(join(root, path))) !== undefined
  }
  const isRight = {
    [stats]: async () => isWholeStatIndex(join(root, stats), await openFingerprint()),
    [probes]: async () => unseal((await textOfFile(join(root, probes), reading)) ?? '') !== undefined,
  }
  const findings: Finding[] = []
  for (const [path, right] of Object.entries(isRight)) {
    if (!(await isThere(path)) || (await right())) continue
    findings.push(useless('cache-damaged', path, `${path} is damaged`))
  }
  return findings
}
