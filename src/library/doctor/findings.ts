import { emulatorFinding } from './emulators.ts'
import type { Facts } from './facts.ts'
import { groupFinding } from './groups.ts'
import { networkFindings } from './network.ts'
import { nodeFinding, programFindings } from './programs.ts'
import type { DoctorReport, Finding, RunAbility } from './report.ts'
import { rootfsFindings } from './rootfs.ts'
import { rungFinding } from './rung.ts'
import { runtimeFindings } from './runtimes.ts'
import { storeFindings } from './store-findings.ts'
import { userFindings } from './user-namespace.ts'

/** All there is to say, from what decides most to what is seldom needed. */
export function findings(rung: DoctorReport['rung'], run: RunAbility, facts: Facts): readonly Finding[] {
  return [
    rungFinding(rung, facts),
    ...userFindings(facts),
    ...rootfsFindings(run, facts),
    ...runtimeFindings(run, facts),
    ...networkFindings(run, facts),
    groupFinding(facts),
    ...storeFindings(facts),
    ...programFindings(facts),
    emulatorFinding(facts),
    nodeFinding(),
  ]
}
