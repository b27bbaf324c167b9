import type { Facts } from './facts.ts'
import { unlimited } from './groups.ts'
import type { DoctorReport, RunAbility } from './report.ts'

/** The rung, what steps are shut in by, and what not. */
export function headline(rung: DoctorReport['rung'], run: RunAbility, facts: Facts): string {
  const place = `rung ${rung} of 4 (${rungNames[rung]})`
  if (facts.store.failure) return `${place}: no build works, because the store cannot be used`
  if (!run.works) return `${place}: RUN steps cannot run; builds without RUN work`
  return `${place}: RUN steps are shut in by ${shutInBy(run, facts)}; not shut in: ${notShutIn(run, facts).join(', ')}`
}

const rungNames: Readonly<Record<DoctorReport['rung'], string>> = {
  1: 'root',
  2: 'user namespace',
  3: 'root without namespaces',
  4: 'no RUN',
}

function shutInBy({ runtime = 'chroot', network, seccomp, noNewPrivileges, capabilities }: RunAbility, facts: Facts) {
  if (runtime === 'chroot') return 'chroot alone: a root directory of their own'
  const around = facts.exam.sandboxes.find(({ name }) => name === runtime)?.around
  const namespaces = [
    ...(facts.exam.machine.inUserNamespace ? ['user'] : []),
    ...(around?.namespaces ?? []),
    ...(network === 'own' ? ['net'] : []),
  ]
  return [
    `${runtime} (namespaces ${namespaces.join(' ')}`,
    ...(seccomp ? ['system call filter'] : []),
    ...(noNewPrivileges ? ['no_new_privs'] : []),
    `${capabilities.length} capabilities)`,
  ].join(', ')
}

/** The kernel is that of the machine on every rung. */
function notShutIn({ runtime, network, seccomp }: RunAbility, { exam }: Facts): readonly string[] {
  if (runtime === 'chroot') {
    return ['processes', 'network', 'users', ...unlimited(exam), 'the kernel']
  }
  return [
    ...(network === 'own' ? [] : ['network']),
    ...(seccomp ? [] : ['system calls']),
    ...(exam.machine.inUserNamespace ? [] : ['users (root of a step is root here)']),
    ...unlimited(exam),
    'the kernel',
  ]
}
