import { type BuildRecord, logFile } from '../builds/index.ts'
import type { Environment } from '../options.ts'

/**
 * A build as an HTML page that needs nothing else: no network, no script. Its steps over time with what they waited for and what
 * they printed, the graph, the sizes of layers, the Dockerfile with what each instruction cost.
 * @param record of a build that the store remembers: from `builds`, or told to `BuildOptions.onRecord`
 */
export async function buildReport(record: BuildRecord, { root }: Pick<Environment, 'root'>): Promise<string> {
  const { readLogs, reportPage } = await import('../report/index.ts')
  const logs = await readLogs(record, (step) => logFile(root, record.number, step))
  return reportPage(record, logs)
}
