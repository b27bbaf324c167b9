import { type Facts, finding } from './facts.ts'
import type { Finding } from './report.ts'

const versions = {
  v1: 'by control groups of version 1',
  v2: 'by control groups of version 2',
  hybrid: 'by control groups of version 1, beside which there are some of version 2',
  none: 'there are no control groups',
} as const

/** What a limit is of, and the flag that sets it. */
const limits = [
  { controller: 'memory', of: 'memory', flag: '--memory' },
  { controller: 'cpu', of: 'processors', flag: '--cpus' },
  { controller: 'pids', of: 'the number of processes', flag: '--pids-limit' },
] as const

/** Which limits a step can be held to. */
export function groupFinding({ exam }: Facts): Finding {
  const { version, controllers, problem, ways } = exam.groups
  const facts = { version, controllers }
  const missing = limits.filter(({ controller }) => !controllers.includes(controller))
  if (missing.length === 0) {
    return finding('cgroups', 'ok', `${flagsOf(limits)} can be held, ${versions[version]}`, { facts })
  }
  const text = `${flagsOf(missing)} cannot be held: ${version === 'none' ? versions.none : problem}`
  return finding('cgroups', 'note', text, { fix: ways.join(', '), facts })
}

/** What of a step nothing can limit: `memory, processors`. */
export function unlimited({ groups }: Facts['exam']): readonly string[] {
  const missing = limits.filter(({ controller }) => !groups.controllers.includes(controller))
  return missing.length === 0 ? [] : [listOf(missing.map(({ of }) => of))]
}

function flagsOf(some: readonly { readonly flag: string }[]): string {
  return listOf(some.map(({ flag }) => flag))
}

function listOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}
