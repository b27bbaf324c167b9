import type { Facts } from './facts.ts'
import type { RunAbility } from './report.ts'

/** How a RUN is run when no flag says otherwise, or else with those that make it work. */
export function runAbility({ exam, store }: Pick<Facts, 'exam' | 'store'>): RunAbility {
  const working = exam.sandboxes.filter(({ problem }) => problem === '')
  const taken = working.find(({ name }) => name === exam.taken) ?? working[0]
  const byChroot = taken?.name === 'chroot'
  const { erofs, overlay } = exam.rootfs
  const { filtered, noNewPrivileges, capabilities } = taken?.around ?? exam.rights
  return {
    works: taken !== undefined && store.failure === undefined,
    flags: taken && taken.name !== exam.taken ? [`--runtime=${taken.name}`] : [],
    ...(taken && { runtime: taken.name }),
    snapshotter: byChroot ? 'copy' : erofs === '' ? 'erofs' : overlay === '' ? 'overlay' : 'copy',
    network: exam.network.problem === '' && !byChroot ? 'own' : 'host',
    seccomp: filtered,
    noNewPrivileges,
    capabilities,
  }
}
