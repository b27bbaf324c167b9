import { isIP } from 'node:net'
import { didYouMean, TsbuildError } from '../errors.ts'
import type { SourceRange } from '../source.ts'

const protocols: readonly string[] = ['tcp', 'udp', 'sctp']

/**
 * Reads a word of EXPOSE, `port[-port][/proto]`, into `port/proto` for each port. What belongs to `docker run -p`
 * (`ip:host:port`) is checked and dropped, as BuildKit does.
 * @throws {TsbuildError} TSB_EXPOSE
 */
export function parsePorts(text: string, at?: SourceRange): readonly string[] {
  const fail = (message: string, hint = 'a port is a number up to 65535, written 80, 80/udp or 8000-8010') =>
    new TsbuildError('TSB_EXPOSE', message, { at, hint })
  const { ip, host, container } = splitPort(text)
  const slash = container.indexOf('/')
  const range = slash < 0 ? container : container.slice(0, slash)
  const protocol = slash < 0 ? '' : container.slice(slash + 1).toLowerCase()
  if (range === '') throw fail(`invalid port: ${JSON.stringify(text)}: no port specified`)
  if (protocol !== '' && !protocols.includes(protocol)) {
    const hint = didYouMean(protocol, protocols) ?? `the protocols are ${protocols.join(', ')}`
    throw fail(`invalid port: ${JSON.stringify(text)}: invalid proto: ${protocol}`, hint)
  }
  if (!isAddress(ip)) throw fail(`invalid IP address: ${ip}`)
  const ports = parseRange(range)
  if (!ports) throw fail(`invalid containerPort: ${range}`)
  const hostPorts = host === '' ? ports : parseRange(host)
  if (!hostPorts) throw fail(`invalid hostPort: ${host}`)
  if (width(hostPorts) !== width(ports) && width(ports) !== 1) {
    throw fail(`invalid ranges specified for container and host Ports: ${range} and ${host}`)
  }
  return Array.from({ length: width(ports) }, (_, i) => `${ports.first + i}/${protocol || 'tcp'}`)
}

interface PortRange {
  readonly first: number
  readonly last: number
}

/** `[ip:][host:]container`, split from the right: an IPv6 address has colons of its own. */
export function splitPort(text: string): { readonly ip: string; readonly host: string; readonly container: string } {
  const parts = text.split(':')
  return { container: parts.pop() ?? '', host: parts.pop() ?? '', ip: parts.join(':') }
}

function isAddress(ip: string): boolean {
  const bare = /^\[(.*)\]$/.exec(ip)?.[1] ?? ip
  return bare === '' || (isIP(bare) !== 0 && !bare.includes('%'))
}

function parseRange(text: string): PortRange | undefined {
  const ends = text.split('-')
  const [first, last = first] = ends.map((end) => (/^\+?\d+$/.test(end) ? Number(end) : Number.NaN))
  if (ends.length > 2 || first === undefined || last === undefined) return undefined
  return first <= last && last <= 65535 ? { first, last } : undefined
}

function width(range: PortRange): number {
  return range.last - range.first + 1
}
