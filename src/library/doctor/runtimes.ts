import { type Facts, finding } from './facts.ts'
import type { Finding, RunAbility } from './report.ts'

type Trial = Facts['exam']['sandboxes'][number]

/** Each way of running steps, in the order in which they are tried, and what the one that is taken does to a step. */
export function runtimeFindings(run: RunAbility, facts: Facts): readonly Finding[] {
  const { sandboxes } = facts.exam
  const takenAt = sandboxes.findIndex(({ name }) => name === run.runtime)
  return [
    ...sandboxes.map((trial, at) => runtimeFinding(trial, takenAt === -1 || at < takenAt, run, facts)),
    ...(run.runtime === undefined ? [] : boxFindings(run, facts)),
  ]
}

/** @param missed nothing better than it is taken */
function runtimeFinding({ name, problem }: Trial, missed: boolean, { runtime }: RunAbility, { exam }: Facts): Finding {
  const program = exam.programs.get(name === 'native' ? 'unshare' : name)
  const version = program?.version ?? ''
  const label = { crun: `crun ${version}`, runc: `runc ${version}`, native: 'native', chroot: 'chroot' }[name].trim()
  const facts = { ...(version !== '' && { version }), ...(program && { program: program.path }) }
  const about = `${label}${descriptions[name]}`
  const text = problem === '' ? `${about} works` : `${about} does not work: ${problem}`
  if (name === 'chroot') {
    const level = runtime === 'chroot' ? 'problem' : 'ok'
    return finding('runtime.chroot', level, `${text}${use(name, runtime, exam.taken)}`, { facts })
  }
  const fix = missed && problem !== '' ? fixes[name] : undefined
  const installs = problem === 'not installed' ? fix : undefined
  return finding(
    `runtime.${name}`,
    missed && problem !== '' ? 'note' : 'ok',
    `${text}${use(name, runtime, exam.taken)}`,
    {
      fix: installs,
      facts,
    },
  )
}

const descriptions: Readonly<Record<Trial['name'], string>> = {
  crun: '',
  runc: '',
  native: ' (util-linux)',
  chroot: ' (shuts nothing in)',
}

const fixes: Readonly<Record<Trial['name'], string>> = {
  crun: 'apt-get install crun',
  runc: 'apt-get install runc',
  native: 'apt-get install util-linux',
  chroot: 'apt-get install coreutils',
}

function use(name: Trial['name'], runtime: RunAbility['runtime'], taken: Trial['name'] | undefined): string {
  if (name !== runtime) return ''
  return name === taken ? ', and is taken' : `, and is taken with --runtime=${name} alone`
}

/** What a step by the form that is taken found around itself. */
function boxFindings(
  { runtime, seccomp, noNewPrivileges, capabilities }: RunAbility,
  { exam }: Facts,
): readonly Finding[] {
  if (runtime === 'chroot') {
    const text = exam.rights.filtered
      ? 'steps have the system call filter of tsbuild itself'
      : 'steps have no system call filter'
    return [finding('step.seccomp', 'note', text, exam.rights.filtered ? {} : { fix: undefined })]
  }
  const list = capabilities.map((name) => `CAP_${name}`)
  return [
    seccomp
      ? finding('step.seccomp', 'ok', 'a system call filter is in force in steps')
      : finding('step.seccomp', 'note', 'no system call filter is in force in steps', { fix: fixes.runc }),
    noNewPrivileges
      ? finding('step.no-new-privs', 'ok', 'steps cannot get further rights (no_new_privs)')
      : finding('step.no-new-privs', 'problem', 'steps can get further rights: no_new_privs is not set'),
    finding('step.capabilities', 'ok', `steps have ${list.length} capabilities at most`, {
      facts: { capabilities: list },
    }),
  ]
}
