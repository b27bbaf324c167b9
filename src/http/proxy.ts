import { BlockList, isIP, isIPv6 } from 'node:net'
import { TsbuildError } from '../errors.ts'
import { isLoopbackHost } from './address.ts'

/** The proxy that a request goes through; undefined when it goes straight to its server. */
export type Proxies = (url: URL) => URL | undefined

/** Every request goes straight to its server. */
export const noProxies: Proxies = () => undefined

/**
 * What HTTP_PROXY, HTTPS_PROXY and NO_PROXY ask for, by the rules of Go's `httpproxy`: capitals win over small letters; this
 * machine is never asked through a proxy; `NO_PROXY` has names (with all below them), `.names` (only what is below),
 * addresses, networks (`10.0.0.0/8`), each with a port if that matters, and `*`.
 * @throws {TsbuildError} TSB_PROXY for a proxy that is no http(s) URL, once it is wanted
 */
export function proxiesOf(env: Readonly<Record<string, string | undefined>>): Proxies {
  const named = (name: string) => env[name] || env[name.toLowerCase()] || undefined
  const exempt = (named('NO_PROXY') ?? '').split(',').map(exemption)
  return (url) => {
    const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
    const proxy = named(name)
    if (proxy === undefined || isLoopbackHost(url.hostname)) return undefined
    const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase()
    const port = url.port || (url.protocol === 'https:' ? '443' : '80')
    return exempt.some((covers) => covers(host, port)) ? undefined : parseProxy(name, proxy)
  }
}

/** `Proxy-Authorization` for the user and password that a proxy's URL may have. */
export function proxyHeaders({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '' && password === '') return {}
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` }
}

type Exemption = (host: string, port: string) => boolean

function exemption(written: string): Exemption {
  const entry = written.trim().toLowerCase()
  if (entry === '') return () => false
  if (entry === '*') return () => true
  const network = networkOf(entry)
  if (network) return (host) => isIP(host) !== 0 && network.check(host, isIPv6(host) ? 'ipv6' : 'ipv4')
  const [, bracketed, plain, wanted] = /^(?:\[(.*)\]|([^:]*|.*:.*:.*?))(?::(\d+))?$/.exec(entry) ?? []
  const name = (bracketed ?? plain ?? entry).replace(/^\*\./, '.')
  const below = name.startsWith('.') ? name : `.${name}`
  return (host, port) =>
    (wanted === undefined || wanted === port) && (host === name || (isIP(host) === 0 && host.endsWith(below)))
}

function networkOf(entry: string): BlockList | undefined {
  const [address = '', prefix = ''] = entry.split('/')
  const family = isIPv6(address) ? 'ipv6' : 'ipv4'
  if (isIP(address) === 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > (family === 'ipv6' ? 128 : 32)) {
    return undefined
  }
  const list = new BlockList()
  list.addSubnet(address, Number(prefix), family)
  return list
}

function parseProxy(name: string, text: string): URL {
  const written = text.includes('://') ? text : `http://${text}`
  const proxy = URL.canParse(written) ? new URL(written) : undefined
  if (proxy && (proxy.protocol === 'http:' || proxy.protocol === 'https:')) return proxy
  throw new TsbuildError('TSB_PROXY', `${name} names no proxy that speaks HTTP`, {
    hint: 'write http://HOST:PORT or https://HOST:PORT',
  })
}
