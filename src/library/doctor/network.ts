import { type Facts, finding } from './facts.ts'
import type { Finding, RunAbility } from './report.ts'

/** Whose network a RUN has, and whether its namespace can serve another step. */
export function networkFindings({ runtime, network }: RunAbility, { exam }: Facts): readonly Finding[] {
  const { problem, confined, hindrance } = exam.network
  const slirp = exam.programs.get('slirp4netns')
  const facts = { network, ...(slirp?.version !== undefined && { slirp4netns: slirp.version }) }
  if (runtime === 'chroot') {
    return [finding('network', 'note', 'steps use the network of this machine: chroot shuts nothing in', { facts })]
  }
  if (problem !== '') {
    const text = `steps use the network of this machine, its loopback and abstract sockets too: ${problem}`
    return [finding('network', 'note', text, { fix: networkFix(exam), facts })]
  }
  const own = `steps have a network of their own by slirp4netns ${slirp?.version ?? ''}`.trim()
  return [
    finding('network', 'ok', own, { facts }),
    confined
      ? finding('network.confined', 'ok', 'slirp4netns gives up the files and most system calls of this machine')
      : finding('network.confined', 'note', 'slirp4netns works with all that tsbuild may do: it cannot shut itself in'),
    hindrance === ''
      ? finding('network.reuse', 'ok', 'a network namespace that a step left clean serves the next one')
      : finding('network.reuse', 'note', `each step gets a network namespace of its own: ${hindrance}`),
  ]
}

/** What to do about the first of several things that are missing. */
function networkFix({ network: { lacking }, ids }: Facts['exam']): string | undefined {
  if (lacking === 'program') return 'apt-get install slirp4netns'
  if (lacking === 'permission') return 'chmod 0666 /dev/net/tun'
  if (lacking !== 'device') return undefined
  return ids.outside === 0 ? 'modprobe tun, or in a container --device /dev/net/tun' : 'modprobe tun'
}
