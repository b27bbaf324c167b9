import { openProbes } from '../../cache/index.ts'
import { examine } from '../../executor/index.ts'
import type { Environment } from '../../options.ts'
import { findings } from './findings.ts'
import { headline } from './headline.ts'
import type { DoctorOptions, DoctorReport } from './report.ts'
import { runAbility } from './run-ability.ts'
import { rungOf } from './rung.ts'
import { openPlace } from './store.ts'

/**
 * Tries what this machine gives to builds of whoever calls: what shuts RUN steps in, in which forms, and what would improve
 * it. Nothing is taken from what earlier builds found; later ones go by what is found now. The store is made when it is not
 * there, as a build would make it; one that cannot be used is part of the result.
 */
export async function doctor(options: DoctorOptions, environment: Environment): Promise<DoctorReport> {
  const place = await openPlace(environment)
  try {
    const exam = await examine({
      path: environment.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin',
      notice: () => {},
      temporary: place.temporary,
      ...(place.root !== undefined && {
        probes: openProbes({ root: place.root, temporary: place.temporary }),
      }),
    })
    const facts = { exam, store: await place.examine(), ...options }
    const rung = rungOf(facts)
    const run = runAbility(facts)
    return { rung, headline: headline(rung, run, facts), run, findings: findings(rung, run, facts) }
  } finally {
    await place.close()
  }
}
