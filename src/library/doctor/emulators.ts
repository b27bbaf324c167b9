import { emulatorFix } from '../../executor/index.ts'
import { formatPlatform } from '../../image/index.ts'
import { type Facts, finding } from './facts.ts'
import type { Finding } from './report.ts'

/** The platforms whose programs run here: a RUN needs it of its base, and nothing else does. */
export function emulatorFinding({ exam: { emulators, rights } }: Facts): Finding {
  const missing = emulators.filter(({ emulation }) => emulation.kind === 'none').map(({ platform }) => platform)
  const names = emulators.map(({ platform }) => formatPlatform(platform))
  const lacking = missing.map(formatPlatform)
  const running = names.filter((name) => !lacking.includes(name))
  const facts = { running, missing: lacking }
  const text = `RUN works on bases for ${running.join(', ')}`
  if (missing.length === 0) return finding('emulators', 'ok', text, { facts })
  const problems = emulators.flatMap(({ emulation }) => (emulation.kind === 'none' ? (emulation.problem ?? []) : []))
  const why = ['no emulator is registered', ...new Set(problems)].join('; ')
  // What is installed in a container is not what its machine has.
  const isInstalled =
    !rights.filtered &&
    emulators.some(({ emulation }) => emulation.kind === 'none' && emulation.installed !== undefined)
  const place = rights.filtered ? 'on the machine, outside of this container: ' : ''
  return finding('emulators', 'note', `${text}, and not for ${lacking.join(', ')}: ${why}`, {
    fix: `${place}${emulatorFix(missing, isInstalled)}`,
    facts,
  })
}
