import { readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { isSystemError } from '../errors.ts'
import type { Hosts } from '../executor/index.ts'
import { parseAddHost } from './add-host.ts'

/** The names of `--add-host`, and the resolver of this machine. */
export function openHosts(addHosts: readonly string[] | undefined): Hosts {
  const hosts = (addHosts ?? []).map(parseAddHost)
  return {
    async extra() {
      const isGateway = hosts.some(({ address }) => address === 'host-gateway')
      const gateway = isGateway ? await ownAddress() : ''
      return hosts.map((host) => (host.address === 'host-gateway' ? { ...host, address: gateway } : host))
    },
    resolvConf: () => readIfThere('/etc/resolv.conf'),
  }
}

/**
 * The address under which steps reach this machine, whichever network they have: that of the interface with the default
 * route. Its own loopback is out of their reach, as it is with Docker.
 */
async function ownAddress(): Promise<string> {
  const outside = Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses
      .filter(({ family, internal }) => family === 'IPv4' && !internal)
      .map(({ address }) => ({ name, address })),
  )
  const routed = defaultInterface(await readIfThere('/proc/net/route'))
  const best = outside.find(({ name }) => name === routed) ?? outside[0]
  return best?.address ?? '127.0.0.1'
}

/** The interface of the first row of `/proc/net/route` that leads everywhere. */
function defaultInterface(routes: string): string | undefined {
  const rows = routes.split('\n').map((row) => row.split('\t'))
  return rows.find(([, destination, , , , , , mask]) => destination === '00000000' && mask === '00000000')?.[0]
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return ''
    throw error
  }
}
