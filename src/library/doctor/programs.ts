import { version } from 'node:process'
import { type Facts, finding } from './facts.ts'
import type { Finding } from './report.ts'

/** The oldest Node that tsbuild runs with, as package.json has it. */
export const oldestNode = [22, 18] as const

export function nodeFinding(running = version): Finding {
  const [major = 0, minor = 0] = running.replace('v', '').split('.').map(Number)
  const [oldMajor, oldMinor] = oldestNode
  const facts = { version: running }
  if (major > oldMajor || (major === oldMajor && minor >= oldMinor)) {
    return finding('node', 'ok', `Node ${running.slice(1)} is supported`, { facts })
  }
  const text = `Node ${running.slice(1)} is too old`
  return finding('node', 'problem', text, { fix: `Node ${oldestNode.join('.')} or later`, facts })
}

/** What is run beside a runtime. Package by program. */
const needed: Readonly<Record<string, string>> = {
  setpriv: 'util-linux',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  mount: 'mount',
  prlimit: 'util-linux',
  env: 'coreutils',
  cp: 'coreutils',
  chroot: 'coreutils',
}

/** Programs that some builds need. */
export function programFindings({ exam: { programs } }: Facts): readonly Finding[] {
  const missing = Object.keys(needed).filter((name) => !programs.has(name))
  const utilLinux = programs.get('unshare')?.version ?? ''
  const packages = [...new Set(missing.map((name) => needed[name]))]
  return [
    missing.length === 0
      ? finding('tools', 'ok', `util-linux ${utilLinux} and coreutils are here`, { facts: { version: utilLinux } })
      : finding('tools', 'problem', `RUN needs what is not here: ${missing.join(', ')}`, {
          fix: `apt-get install ${packages.join(' ')}`,
        }),
    optional('git', 'git', 'builds from git repositories need it', programs),
    optional('ssh', 'openssh-client', 'git repositories behind ssh need it', programs),
  ]
}

function optional(name: string, from: string, why: string, programs: Facts['exam']['programs']): Finding {
  const found = programs.get(name)
  if (!found) return finding(name, 'note', `${name} is not installed: ${why}`, { fix: `apt-get install ${from}` })
  const { version: itsVersion } = found
  if (itsVersion === undefined) return finding(name, 'ok', `${name} is here`)
  return finding(name, 'ok', `${name} ${itsVersion} is here`, { facts: { version: itsVersion } })
}
