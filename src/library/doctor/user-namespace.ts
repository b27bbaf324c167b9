import type { Examination } from '../../executor/index.ts'
import { type Facts, finding } from './facts.ts'
import type { Finding } from './report.ts'

type Ids = Examination['ids']

/** Who runs it, and the ids that are there for files and steps. */
export function userFindings(all: Facts): readonly Finding[] {
  const { exam, userNamespace } = all
  const { ids, machine, rights } = exam
  const { uid, outside, name = `user ${outside}`, users, groups, subuid, subgid, newuidmap, newgidmap } = ids
  const facts = { users, groups, subuid, subgid, newuidmap, newgidmap, ...ids.settings }
  const ofIds = (level: Finding['level'], text: string, fix?: string) =>
    finding('user-namespace', level, text, { fix, facts })
  const problem = why(ids, rights.noNewPrivileges, userNamespace?.problem)
  const user = (text: string) => finding('user', 'ok', `${name} runs builds${text}`, { facts: { uid: outside } })
  if (uid !== 0) {
    const text = userNamespace?.kind === 'none' ? 'user namespaces are refused' : 'no user namespace was entered'
    return [user(''), ofIds('problem', `${text}${problem}`, fixForIds(all))]
  }
  if (!machine.inUserNamespace) return [user(''), ofIds('ok', 'no user namespace is needed: all ids are there')]
  const inside = user(', as root of a user namespace')
  if (users === 1) {
    return [inside, ofIds('problem', `the user namespace has a single id${problem}`, fixForIds(all))]
  }
  return [inside, ofIds('ok', `the user namespace has ${users} user ids and ${groups} group ids`)]
}

/** The reason that can be named, and the words of what tried. */
function why(ids: Ids, noNewPrivileges: boolean, problem: string | undefined): string {
  const words = problem === undefined ? '' : `: ${problem}`
  return noNewPrivileges && hasAllOfIds(ids) ? `: no_new_privs keeps newuidmap from its rights${words}` : words
}

function hasAllOfIds({ newuidmap, newgidmap, subuid, subgid }: Ids): boolean {
  return newuidmap === 'ready' && newgidmap === 'ready' && subuid > 0 && subgid > 0
}

/** What to type for a namespace that has ids for all users; undefined when nothing is known to be wrong. */
export function fixForIds({ exam: { ids, rights }, userNamespace }: Facts): string | undefined {
  if (userNamespace?.kind === 'none') return settingFix(ids.settings)
  if (hasAllOfIds(ids)) {
    if (rights.noNewPrivileges) return withRights
    if (/uid_map failed: Operation not permitted/.test(userNamespace?.problem ?? '')) return byCapabilities
  }
  const { name = '$USER', newuidmap, newgidmap, subuid, subgid, free } = ids
  const steps = [
    ...(newuidmap === 'missing' || newgidmap === 'missing' ? ['apt-get install uidmap'] : []),
    ...(newuidmap === 'weak' || newgidmap === 'weak' ? ['chmod u+s $(which newuidmap newgidmap)'] : []),
    ...(subuid === 0 || subgid === 0
      ? [`usermod --add-subuids ${free}-${free + 65_535} --add-subgids ${free}-${free + 65_535} ${name}`]
      : []),
  ]
  return steps.length > 0 ? steps.join(' && ') : undefined
}

const withRights =
  'run tsbuild without no_new_privs (docker: no --security-opt no-new-privileges; Kubernetes: allowPrivilegeEscalation: true)'

/** Set-uid root it would take CAP_SYS_ADMIN too, which a container does not have; as the user that it is for, it does not. */
const byCapabilities =
  'chmod u-s $(which newuidmap newgidmap) && setcap cap_setuid+ep $(which newuidmap) && setcap cap_setgid+ep $(which newgidmap)'

function settingFix(settings: Ids['settings']): string | undefined {
  if (settings['kernel.unprivileged_userns_clone'] === 0) return 'sysctl -w kernel.unprivileged_userns_clone=1'
  if (settings['user.max_user_namespaces'] === 0) return 'sysctl -w user.max_user_namespaces=15000'
  if (settings['kernel.apparmor_restrict_unprivileged_userns'] === 1) {
    return 'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0'
  }
  return undefined
}
