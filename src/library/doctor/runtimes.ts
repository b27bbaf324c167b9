import { type Facts, finding } from './facts.ts'
import type { Finding, RunAbility } from './report.ts'
import { fixOfRung } from './rung.ts'

type Trial = Facts['exam']['sandboxes'][number]

/** Each way of running steps, in the order in which they are tried, and what the one that is taken does to a step. */
export function runtimeFindings(run: RunAbility, facts: Facts): readonly Finding[] {
  const { sandboxes } = facts.exam
  const takenAt = sandboxes.findIndex(({ name }) => name === run.runtime)
  return [
    ...sandboxes.map((trial, at) => runtimeFinding(trial, takenAt === -1 || at < takenAt, run, facts)),
    ...(run.runtime === undefined ? [] : boxFindings(run)),
  ]
}

/** @param missed nothing better than it is taken */
function runtimeFinding({ name, problem }: Trial, missed: boolean, { runtime }: RunAbility, all: Facts): Finding {
  const { exam } = all
  const { path, version } = exam.programs.get(name === 'native' ? 'unshare' : name) ?? {}
  const facts = { ...(version !== undefined && { version }), ...(path !== undefined && { program: path }) }
  const about = labels[name].replace('VERSION', version ?? '')
  const outcome = problem === '' ? 'works' : `does not work: ${problem}`
  const text = `${about} ${outcome}${use(name, runtime, exam.taken)}`
  if (name === 'chroot' && runtime === 'chroot') {
    return finding('runtime.chroot', 'problem', text, { ...fixOfRung(all), facts })
  }
  const fix = missed && problem === 'not installed' ? fixes[name] : undefined
  return finding(`runtime.${name}`, problem === '' ? 'ok' : 'note', text, { fix, facts })
}

const labels: Readonly<Record<Trial['name'], string>> = {
  crun: 'crun VERSION',
  runc: 'runc VERSION',
  native: 'native (util-linux VERSION)',
  chroot: 'chroot (shuts nothing in)',
}

const fixes: Readonly<Partial<Record<Trial['name'], string>>> = {
  crun: 'apt-get install crun',
  runc: 'apt-get install runc',
}

function use(name: Trial['name'], runtime: RunAbility['runtime'], taken: Trial['name'] | undefined): string {
  if (name !== runtime) return ''
  return name === taken ? ', and is taken' : `, and is taken with --runtime=${name} alone`
}

/** What a step by the form that is taken found around itself. */
function boxFindings({ runtime, seccomp, noNewPrivileges, capabilities }: RunAbility): readonly Finding[] {
  const filter = runtime === 'chroot' ? 'the system call filter of tsbuild itself is' : 'a system call filter is'
  return [
    seccomp
      ? finding('step.seccomp', 'ok', `${filter} in force in steps`)
      : finding('step.seccomp', 'note', 'no system call filter is in force in steps', {
          fix: runtime === 'native' ? fixes['runc'] : undefined,
        }),
    noNewPrivileges
      ? finding('step.no-new-privs', 'ok', 'steps cannot get further rights (no_new_privs)')
      : finding('step.no-new-privs', 'problem', 'steps can get further rights: no_new_privs is not set'),
    finding('step.capabilities', 'ok', `steps have ${capabilities.length} capabilities at most`, {
      facts: { capabilities },
    }),
  ]
}
