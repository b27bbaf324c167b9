/** What docker calls its hub where it keeps logins. */
export const hubKey = 'https://index.docker.io/v1/'

const hubHosts = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io'])

/** The key under which the login of a registry is kept, by docker and in its helpers. */
export function keyOf(host: string): string {
  return host === 'docker.io' ? hubKey : host
}

/**
 * Which of some keys are for a repository, the nearest first: those with the longest path, then the host alone. A key with a
 * scheme is for a whole host. Hosts are the same or not: a part of a name is nobody's (E17).
 */
export function keysFor(keys: readonly string[], host: string, repository: string): readonly string[] {
  const wanted = `${host.toLowerCase()}/${repository}/`
  return keys
    .map((key) => ({ key, covers: coveredBy(key) }))
    .filter(({ covers }) => wanted.startsWith(`${covers}/`))
    .sort((a, b) => b.covers.length - a.covers.length)
    .map(({ key }) => key)
}

/** `quay.io/team`, `127.0.0.1:5000`; of a URL, its host. The hub has one login. */
function coveredBy(key: string): string {
  const [, scheme, rest = ''] = /^(https?:\/\/)?(.*?)\/*$/i.exec(key) ?? []
  const [written = '', ...path] = rest.split('/')
  const host = written.toLowerCase()
  if (hubHosts.has(host))
    return scheme === undefined && !/^v\d$/.test(path[0] ?? '') ? ['docker.io', ...path].join('/') : 'docker.io'
  return [host, ...(scheme === undefined ? path : [])].join('/')
}
