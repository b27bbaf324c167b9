import { absolutePath, type Entry, parentPath, type TreePath } from '../../tree/index.ts'
import { type Advice, type Clue, inLastLines, lastLines } from './clue.ts'
import { mode } from './commands.ts'
import { entryAt, isMounted, pathIn } from './files.ts'

const denied = /permission denied|EACCES/i
const quoted = /(?:^|[\s:=(])['‘"]([^'’"]{1,400})['’"]/
const bare = /(?:^|[\s:])(\/?[\w.@+/-]{1,400}): permission denied/i

/** A place that belongs to another user than that of the step. */
export const deniedAsUser: Advice = (clue) => {
  if (clue.user.uid === 0) return undefined
  const line = lastLines(clue).find((text) => denied.test(text))
  if (line === undefined) return undefined
  const written = quoted.exec(line)?.[1] ?? bare.exec(line)?.[1]
  const closed = written === undefined ? undefined : closedPlace(clue, pathIn(clue, written))
  if (!closed) return undefined
  const { uid, gid } = closed
  return `the step runs as user ${clue.user.uid}, and ${absolutePath(closed.path)} belongs to ${uid}:${gid} with mode ${mode(closed.mode)}: COPY --chown, WORKDIR below USER, or RUN chown before USER give it to that user`
}

/** The place, or the first above it that is there, when this user may not write or look into it. */
function closedPlace(clue: Clue, path: TreePath): Entry | undefined {
  for (let place = path; !isMounted(clue, place); place = parentPath(place)) {
    const entry = entryAt(clue, place)
    if (entry) return mayWrite(entry, clue) ? undefined : entry
    if (place === '') return undefined
  }
  return undefined
}

/** By mode and main group alone. */
function mayWrite(entry: Entry, { user }: Clue): boolean {
  const shift = entry.uid === user.uid ? 6 : entry.gid === user.gid ? 3 : 0
  const needed = entry.kind === 'directory' ? 0o3 : 0o2
  return ((entry.mode >> shift) & needed) === needed
}

/** Writing to what a mount gives for reading. */
export const readOnlyMount: Advice = (clue) => {
  const line = inLastLines(clue, /read-only file system|EROFS/i)
  const written = line && (quoted.exec(line.input)?.[1] ?? /([\w.@+/-]+): read-only/i.exec(line.input)?.[1])
  if (!written) return undefined
  const path = pathIn(clue, written)
  const mount = clue.op.mounts.find(
    (each) => 'target' in each && isMounted({ ...clue, op: { ...clue.op, mounts: [each], scripts: [] } }, path),
  )
  if (mount?.kind !== 'bind') return undefined
  return `${absolutePath(path)} is in a bind mount, which is for reading: write elsewhere, or say --mount=type=bind,…,rw (what is written is not kept)`
}
