import { readFile } from 'node:fs/promises'
import { isSystemError } from '../../errors.ts'
import type { OciRuntimeName } from './oci-runtime.ts'

/** How an OCI runtime begins when it says on the output of a command that it could not start it. */
export function complaintsOf(name: OciRuntimeName): readonly string[] {
  if (name === 'runc') return ['runc run failed: ', 'exec /']
  return ['crun: ', 'executable file `', 'open executable: ', execRow]
}

/** The last words of crun inside of the container, as a row of its log. */
const execRow = '{"msg":"exec container process'

/**
 * Why the command was not started: the last error in the runtime's log, or what it said when it was too late for that.
 * @param complaint what it said on the output of the command
 */
export async function findProblem(
  name: OciRuntimeName,
  command: string,
  log: string,
  complaint: string,
): Promise<string | undefined> {
  const logged = await lastError(log)
  // runc says it on the output too, and may log errors of other kinds beside a command that ran.
  if (logged !== undefined && (name === 'crun' || complaint !== '')) return logged
  if (name === 'crun') return complaint.startsWith(execRow) ? errorsIn(complaint).at(-1) : undefined
  const [, file = ''] =
    /^exec (\/.*): (?:exec format error|no such file or directory|permission denied|argument list too long)$/.exec(
      complaint,
    ) ?? []
  return file !== '' && (file === command || file.endsWith(`/${command}`)) ? complaint : undefined
}

async function lastError(log: string): Promise<string | undefined> {
  try {
    return errorsIn(await readFile(log, 'utf8')).at(-1)
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw error
  }
}

/** The messages of the rows of a log in JSON that are errors. */
function errorsIn(log: string): readonly string[] {
  return log.split('\n').flatMap((line) => {
    const row = parsed(line)
    return isErrorRow(row) ? [row.msg] : []
  })
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function isErrorRow(row: unknown): row is { readonly msg: string } {
  if (typeof row !== 'object' || row === null) return false
  return 'level' in row && row.level === 'error' && 'msg' in row && typeof row.msg === 'string'
}
