import { BlockList, isIPv4, isIPv6 } from 'node:net'

/** Where an address lies, as seen from this machine. */
export type Neighbourhood = 'loopback' | 'link-local' | 'private' | 'public'

/** IPv4 addresses written as IPv6 (`::ffff:127.0.0.1`) fall under the IPv4 rules. */
const neighbourhoods: readonly (readonly [Neighbourhood, BlockList])[] = [
  ['loopback', blockList(['127.0.0.0', 8], ['0.0.0.0', 8], ['::1', 128], ['::', 128])],
  ['link-local', blockList(['169.254.0.0', 16], ['fe80::', 10])],
  ['private', blockList(['10.0.0.0', 8], ['172.16.0.0', 12], ['192.168.0.0', 16], ['100.64.0.0', 10], ['fc00::', 7])],
]

export function neighbourhoodOf(address: string): Neighbourhood {
  return neighbourhoods.find(([, list]) => list.check(address, familyOf(address)))?.[0] ?? 'public'
}

/** The neighbourhood of a host that is written as an address; undefined for a name. */
export function literalNeighbourhood(hostname: string): Neighbourhood | undefined {
  const bare = hostname.replace(/^\[|\]$/g, '')
  const isAddress = familyOf(bare) === 'ipv6' ? isIPv6(bare) : isIPv4(bare)
  return isAddress ? neighbourhoodOf(bare) : undefined
}

/** True for hosts of which everybody knows that they are this machine: they may speak plain HTTP. */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === 'localhost' || literalNeighbourhood(hostname) === 'loopback'
}

/**
 * May something that was asked of one neighbourhood be sent on to another? Anybody may point to the public; a machine of a
 * private network to others of it; nobody to this machine or its link (metadata servers live there) but they themselves.
 */
export function mayRedirect(from: Neighbourhood, to: Neighbourhood): boolean {
  return to === 'public' || from === to || (from === 'loopback' && to === 'private')
}

function blockList(...subnets: readonly (readonly [network: string, prefix: number])[]): BlockList {
  const list = new BlockList()
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, familyOf(network))
  return list
}

/** Of what is an address: the first question whether something is one of IPv6 takes Node several milliseconds. */
function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4'
}
