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
    { path: '/etc/hosts', text: hostsText(hosts) },
    { path: '/etc/resolv.conf', text: sandbox.resolvConf(op.network, await hosts.resolvConf()) },
  ]
}

function hostsText({ extra }: Hosts): string {
  const rows = ['127.0.0.1\tlocalhost buildkitsandbox', '::1\tlocalhost ip6-localhost ip6-loopback']
  return [...rows, ...extra.map(({ address, name }) => `${address}\t${name}`), ''].join('\n')
}
