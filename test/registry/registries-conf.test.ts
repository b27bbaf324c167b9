import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseReference } from '../../src/image/index.ts'
import { endpointsOf } from '../../src/registry/endpoint.ts'
import { loadRegistriesConf } from '../../src/registry/index.ts'
import { contentsOf, descriptorOf, fakeImage, serve } from '../support/fake-image.ts'
import { type Handler, startServer } from '../support/http-server.ts'
import { amd64, code, collect, open } from '../support/pulling.ts'
import { scratch } from '../support/scratch.ts'

const example = `
unqualified-search-registries = ["docker.io",  # a list
  "quay.io"]
short-name-mode = "enforcing"

[[registry]]
prefix = "docker.io/library"
location = 'mirror.lan:5000/hub#1'
[[registry]]   # the hub
location = "docker.io"
mirror-by-digest-only = true
[[registry.mirror]]
location = "cache.lan/docker"
insecure = true
[aliases]
"alpine" = "docker.io/library/alpine"
`

/** The rules of a file, as the user's. */
async function rulesOf(text: string, parts: Readonly<Record<string, string>> = {}) {
  const folder = join(await scratch(), 'containers')
  mkdirSync(join(folder, 'registries.conf.d'), { recursive: true })
  writeFileSync(join(folder, 'registries.conf'), text)
  for (const [name, part] of Object.entries(parts)) writeFileSync(join(folder, 'registries.conf.d', name), part)
  return loadRegistriesConf({ XDG_CONFIG_HOME: join(folder, '..') }, '/nowhere')
}

async function urls(text: string, domain: string, repository: string, by?: 'tag' | 'digest') {
  return endpointsOf(domain, repository, new Map(), { rules: await rulesOf(text) }, by).map(({ base }) => base.href)
}

describe('registries.conf', () => {
  it('names where a part of a registry is, and mirrors of the rest', async () => {
    const text = example.replace('#1', '')
    expect(await urls(text, 'docker.io', 'library/node')).toEqual(['https://mirror.lan:5000/v2/hub/node/'])
    const hub = 'https://registry-1.docker.io/v2/me/app/'
    expect(await urls(text, 'docker.io', 'me/app', 'tag')).toEqual([hub])
    expect(await urls(text, 'docker.io', 'me/app', 'digest')).toEqual(['https://cache.lan/v2/docker/me/app/', hub])
    expect(await urls(text, 'docker.io', 'librarything/x', 'tag')).toEqual([
      'https://registry-1.docker.io/v2/librarything/x/',
    ])
    expect(await urls(text, 'quay.io', 'a')).toEqual(['https://quay.io/v2/a/'])
  })

  it('has rules for all below a name, for tags alone, and for what nobody may ask for', async () => {
    const text = `[[registry]]\nprefix = "*.corp.lan"\nlocation = "proxy.lan/corp"\n[[registry.mirror]]\nlocation = "m.lan"\npull-from-mirror = "tag-only"\n[[registry]]\nprefix = "evil.lan"\nblocked = true\n`
    expect(await urls(text, 'a.b.corp.lan', 'x/y', 'tag')).toEqual([
      'https://m.lan/v2/x/y/',
      'https://proxy.lan/v2/corp/x/y/',
    ])
    expect(await urls(text, 'corp.lan', 'x')).toEqual(['https://corp.lan/v2/x/'])
    await expect(urls(text, 'evil.lan', 'x')).rejects.toThrow(code('TSB_REGISTRY_BLOCKED'))
  })

  it("is what is named, else the user's, else the machine's, and what its folders add", async () => {
    const rule = (location: string) => `[[registry]]\nprefix = "a.lan"\nlocation = "${location}"\n`
    const folder = await scratch()
    writeFileSync(join(folder, 'registries.conf'), rule('machine'))
    const places = async (env: Record<string, string>) =>
      (await loadRegistriesConf(env, folder)).map(({ location }) => location)
    expect(await places({})).toEqual(['machine'])
    writeFileSync(join(folder, 'named.conf'), rule('named'))
    expect(await places({ CONTAINERS_REGISTRIES_CONF: join(folder, 'named.conf') })).toEqual(['named'])
    expect(await places({ CONTAINERS_REGISTRIES_CONF: 'named.conf' })).toEqual(['machine'])
    expect(
      (await rulesOf(rule('user'), { '1.conf': rule('part'), 'x.txt': 'no' })).map(({ location }) => location),
    ).toEqual(['part'])
  })

  it.each([
    ['what is no line', 'hello\n', ':1:'],
    ['no place', '[[registry]]\nlocation = "https://x"\n', ':1:'],
    ['a mirror of nothing', '\n[[registry.mirror]]\nlocation = "x"\n', ':2:'],
    ['no truth', '[[registry]]\nlocation = "x"\ninsecure = "yes"\n', ':1:'],
  ])('with %s is an error that names file and line', async (_, text, place) => {
    await expect(rulesOf(text)).rejects.toThrow(code('TSB_REGISTRIES_CONF'))
    await expect(rulesOf(text)).rejects.toThrow(`registries.conf${place}`)
  })

  it('that names a mirror which fails leaves the word to the registry, also in the middle of a blob', async () => {
    const image = fakeImage()
    const { bytes } = image.layer
    await using mirror = await startServer((request, response) => {
      if (!request.url?.includes('/blobs/sha256')) return response.writeHead(500).end()
      response.writeHead(200, { 'content-length': bytes.length })
      return response.write(bytes.subarray(0, 100_000), () => response.destroy())
    })
    await using origin = await startServer(serve(contentsOf('app', 'latest', image)))
    const rules = await rulesOf(
      `[[registry]]\nlocation = "${origin.host}"\n[[registry.mirror]]\nlocation = "${mirror.host}/pre/fix"\n`,
    )
    const notices: string[] = []
    const registry = open({ rules, notice: (text) => notices.push(text) })
    await registry.resolve(parseReference(`${origin.host}/app`), amd64)
    expect(await collect(registry.blob(`${origin.host}/app`, descriptorOf(image.layer)))).toEqual(bytes)
    expect(new Set(mirror.requests.map(({ path }) => path.slice(0, 16)))).toEqual(new Set(['/v2/pre/fix/app/']))
    expect(notices[0]).toContain(`mirror ${mirror.host} is passed over`)
    registry.close()
  })

  it('E17 a login is asked of the host itself, not of what is put in its place', async () => {
    const guarded: Handler = ({ headers }, response) =>
      response.writeHead(headers.authorization ? 200 : 401, { 'www-authenticate': 'Basic realm="x"' }).end()
    await using hub = await startServer(guarded)
    await using other = await startServer(guarded)
    const rules = await rulesOf(`[[registry]]\nprefix = "${hub.host}"\nlocation = "${other.host}/proxy"\n`)
    const registry = open({ rules, logins: async () => ({ kind: 'password', username: 'me', password: 'secret' }) })
    await registry.ping(hub.host)
    expect(hub.requests.map(({ path }) => path)).toEqual(['/v2/', '/v2/'])
    expect(other.requests).toEqual([])
    registry.close()
  })
})

describe('a mirror of a part of a registry', () => {
  it('takes the place of that part, and the longest counts', () => {
    const mirrors = new Map([
      ['docker.io', ['a.lan']],
      ['docker.io/library', ['http://b.lan/hub']],
    ])
    const asked = (repository: string) => endpointsOf('docker.io', repository, mirrors)[0]?.base.href
    expect(asked('library/node')).toBe('http://b.lan/v2/hub/node/')
    expect(asked('me/app')).toBe('https://a.lan/v2/me/app/')
  })
})
