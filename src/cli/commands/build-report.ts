import type { BuildRecord } from '../../index.ts'
import { replaceFile } from '../replace-file.ts'
import type { Session } from '../session.ts'

/** `--report FILE`: a page about a build, whatever becomes of it. */
export interface PendingReport {
  readonly onRecord: (record: BuildRecord) => void
  /** When the build is over. */
  readonly write: () => Promise<void>
}

export function reportInto(session: Session, path: string): PendingReport {
  let record: BuildRecord | undefined
  return {
    onRecord(told) {
      record = told
    },
    async write() {
      if (!record) return session.err.print(`no report in ${path}: nothing could be written down of this build\n`)
      await writeReport(session, path, record)
    },
  }
}

export async function writeReport({ environment, library }: Session, path: string, build: BuildRecord): Promise<void> {
  const { buildReport } = await library()
  await replaceFile(path, await buildReport(build, environment))
}
