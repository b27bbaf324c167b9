import { type Facts, finding, oneLine } from './facts.ts'
import type { DoctorReport, Finding } from './report.ts'
import { fixForIds } from './user-namespace.ts'

/** The rung of the ladder that builds stand on here. */
export function rungOf({ exam }: Pick<Facts, 'exam'>): DoctorReport['rung'] {
  const works = (name: string) => exam.sandboxes.some((one) => one.name === name && one.problem === '')
  if (['crun', 'runc', 'native'].some(works)) return exam.machine.inUserNamespace ? 2 : 1
  return works('chroot') ? 3 : 4
}

/** Which rung it is, and why it is no better one. */
export function rungFinding(rung: DoctorReport['rung'], facts: Facts): Finding {
  const { exam } = facts
  if (rung === 1) return finding('rung', 'ok', 'rung 1 of 4: root, and nothing better is to be had')
  if (rung === 2 && exam.ids.users === 1) {
    const text = 'rung 2 of 4, with a single user id: no file may have another owner, and steps run as root only'
    return finding('rung', 'problem', text, { fix: fixForIds(facts) })
  }
  if (rung === 2) {
    return finding('rung', 'ok', 'rung 2 of 4: root of a user namespace; rung 1 takes root of the machine itself')
  }
  const native = exam.sandboxes.find(({ name }) => name === 'native')?.problem ?? ''
  const why = [...hindrances(facts), oneLine(native)].join('; ')
  if (rung === 3)
    return finding('rung', 'problem', `rung 3 of 4: steps can only change their root; ${why}`, fixOfRung(facts))
  return finding('rung', 'problem', `rung 4 of 4: builds without RUN only; ${why}`, fixOfRung(facts))
}

/** What keeps this process from making namespaces, as far as it shows. */
function hindrances({ exam, userNamespace }: Facts): readonly string[] {
  const { rights, ids } = exam
  const isRoot = ids.uid === 0
  return [
    ...(isRoot && !rights.capabilities.includes('SYS_ADMIN') ? ['CAP_SYS_ADMIN is missing'] : []),
    ...(rights.filtered ? ['a system call filter is in force'] : []),
    ...(userNamespace?.kind === 'none' ? [`user namespaces are refused (${userNamespace.problem ?? ''})`] : []),
  ]
}

/**
 * What leads to a better rung. A container has to allow what its filter and its profile refuse; on a machine itself the
 * settings of the kernel do.
 */
export function fixOfRung(facts: Facts): { readonly fix?: string | undefined } {
  const { rights, ids } = facts.exam
  return { fix: rights.filtered || ids.uid === 0 ? openContainer : fixForIds(facts) }
}

const openContainer =
  'run tsbuild as an ordinary user who has ids in /etc/subuid, in a container with --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined'
