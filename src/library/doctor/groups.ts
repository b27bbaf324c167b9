import { type Facts, finding } from './facts.ts'
import type { Finding, RunAbility } from './report.ts'

const versions = {
  v1: 'control groups are of version 1',
  v2: 'control groups are of version 2',
  hybrid: 'control groups are hybrid (controllers of version 1, and a hierarchy of version 2)',
  none: 'there are no control groups',
} as const

/** Whether a step has a control group of its own, and what that could hold it to. */
export function groupFinding({ runtime }: RunAbility, { exam }: Facts): Finding {
  const { version, controllers, problem } = exam.groups
  const facts = { version, controllers }
  const noCgroup = exam.sandboxes.find(({ name }) => name === runtime)?.noCgroup
  const about = versions[version]
  if (runtime !== undefined && noCgroup === undefined) {
    const list = controllers.length > 0 ? controllers.join(' ') : 'no controllers'
    return finding('cgroups', 'ok', `${about}, and a step has its own: ${list}`, { facts })
  }
  const reason = problem !== '' ? problem : (noCgroup ?? 'no step can run')
  return finding('cgroups', 'note', `${about}, and a step has none of its own: ${reason}`, {
    fix: groupFix(exam, problem),
    facts,
  })
}

/** Another runtime may make groups where the best one makes none. */
function groupFix({ sandboxes, groups, ids }: Facts['exam'], problem: string): string | undefined {
  const other = sandboxes.find((trial) => trial.problem === '' && trial.noCgroup === undefined)
  if (other) return `tsbuild build --runtime=${other.name}`
  if (problem === '' || groups.version === 'none') return undefined
  if (groups.version === 'v2' && ids.outside !== 0) return 'systemd-run --user --scope -p Delegate=yes tsbuild …'
  return undefined
}
