import type { DoctorReport, Finding } from '../../index.ts'
import { visible } from '../../text/index.ts'
import { Reported } from '../error-text.ts'
import { exitCodes } from '../exit.ts'
import type { Session } from '../session.ts'
import { jsonText } from '../text/json.ts'
import type { Paint } from '../text/paint.ts'
import { table } from '../text/table.ts'

export interface DoctorFlags {
  readonly format: 'text' | 'json'
}

/** Prints what this machine gives to builds. It ends with 1 where no RUN can work. */
export async function doctorCommand({ environment, out, library, userNamespace }: Session, flags: DoctorFlags) {
  const { doctor } = await library()
  const report = await doctor(userNamespace ? { userNamespace } : {}, environment)
  out.print(flags.format === 'json' ? `${jsonText(report, 2)}\n` : doctorText(report, out.paint))
  if (!report.run.works) throw new Reported(exitCodes.failure)
}

/** The headline, then a row for each finding, and one below it with what would mend it. */
export function doctorText({ headline, run, findings }: DoctorReport, paint: Paint): string {
  const rows = table(findings.flatMap(rowsOf), { gap: 2, least: 0 })
  const flags = run.flags.length > 0 ? `RUN steps take ${run.flags.join(' ')}\n` : ''
  return `${paint('bold', visible(headline).replace('; not shut in: ', '\nnot shut in: '))}\n${flags}\n${coloured(rows, paint)}`
}

function rowsOf({ level, id, text, fix }: Finding): readonly (readonly string[])[] {
  return [[level, id, visible(text)], ...(fix === undefined ? [] : [['', '', `fix: ${visible(fix)}`]])]
}

const colours = { ok: 'green', note: 'yellow', problem: 'red' } as const

function coloured(rows: string, paint: Paint): string {
  return rows.replace(/^(ok|note|problem)(?= )/gm, (level) => paint(colours[level as keyof typeof colours], level))
}
