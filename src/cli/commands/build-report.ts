import type { BuildRecord, BuildResult } from '../../index.ts'
import { replaceText } from '../replace-text.ts'
import type { Session } from '../session.ts'

/**
 * `--report FILE`: builds, and writes a page about the build, whatever becomes of it.
 * @param work gets who wants to be told of the record
 */
export async function withReport(
  session: Session,
  path: string,
  work: (onRecord: (record: BuildRecord) => void) => Promise<BuildResult>,
): Promise<BuildResult> {
  let record: BuildRecord | undefined
  const write = async () => {
    if (record) await writeReport(session, path, record)
    else session.err.print(`no report in ${path}: nothing could be written down of this build\n`)
  }
  let result: BuildResult
  try {
    result = await work((told) => {
      record = told
    })
  } catch (error) {
    // What the build failed for is the error.
    await write().catch((other: unknown) =>
      session.err.print(`no report in ${path}: ${other instanceof Error ? other.message : other}\n`),
    )
    throw error
  }
  await write()
  return result
}

export async function writeReport({ environment, library }: Session, path: string, build: BuildRecord): Promise<void> {
  const { buildReport } = await library()
  await replaceText(path, await buildReport(build, environment))
}
