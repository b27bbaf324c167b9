import type { RunOp } from '../../graph/index.ts'
import type { Hosts } from '../ports.ts'
import type { Sandbox } from '../sandbox/index.ts'

/** `/etc/hosts` and `/etc/resolv.conf` as a RUN finds them; they are mounted, and never part of the layer. */
export async function networkFiles(
  op: RunOp,
  sandbox: Sandbox,
  hosts: Hosts,
): Promise<readonly { readonly path: string; readonly text: string }[]> {
  return [
    { path: '/etc/hosts', text: await hostsText(op, hosts) },
    { path: '/etc/resolv.conf', text: sandbox.resolvConf(op.network, await hosts.resolvConf()) },
  ]
}

/** The name of the machine that a RUN seems to be on. */
export function hostnameOf({ hostname }: RunOp): string {
  return hostname ?? 'buildkitsandbox'
}

async function hostsText(op: RunOp, { extra }: Hosts): Promise<string> {
  const rows = [`127.0.0.1\tlocalhost ${hostnameOf(op)}`, '::1\tlocalhost ip6-localhost ip6-loopback']
  return [...rows, ...(await extra()).map(({ address, name }) => `${address}\t${name}`), ''].join('\n')
}
