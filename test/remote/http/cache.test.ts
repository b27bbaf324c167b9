import { createHash } from 'node:crypto'
import { readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { seal, sha256, unseal } from '../../../src/digest/index.ts'
import { fileFetcher, fileHandler, locksByName } from '../../support/http-files.ts'
import { startServer } from '../../support/http-server.ts'
import { code } from '../../support/pulling.ts'

const old = 'Tue, 02 Jan 2024 03:04:05 GMT'
const sum = (algorithm: string, text: string) => `${algorithm}:${createHash(algorithm).update(text).digest('hex')}`

/** A server of one file that can be changed, and what it answered. */
async function serveFile(text: string, headers: Record<string, string>) {
  const file = { text, headers }
  const statuses: number[] = []
  const handler = fileHandler(() => file)
  const server = await startServer((request, response) => {
    response.on('finish', () => statuses.push(response.statusCode))
    handler(request, response)
  })
  return { file, statuses, url: `http://${server.host}/f`, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

describe('a file that was fetched before', () => {
  it('is asked for by its ETag, and not sent again', async () => {
    await using server = await serveFile('hi', { etag: '"1"', 'last-modified': old })
    const files = await fileFetcher()
    const first = await files.fetch(server.url)
    expect(await files.fetch(server.url)).toEqual(first)
    expect(server.statuses).toEqual([200, 304])
  })

  it('is asked for by its time when it has no ETag', async () => {
    await using server = await serveFile('hi', { 'last-modified': old })
    const files = await fileFetcher()
    await files.fetch(server.url)
    expect(await files.text(server.url)).toBe('hi')
    expect(server.statuses).toEqual([200, 304])
  })

  it('is not asked for by a time that a later change could share', async () => {
    await using server = await serveFile('hi', { 'last-modified': new Date().toUTCString() })
    const files = await fileFetcher()
    await files.fetch(server.url)
    server.file.text = 'ho'
    expect(await files.text(server.url)).toBe('ho')
  })

  it('is fetched again when the server tells neither', async () => {
    await using server = await serveFile('hi', {})
    const files = await fileFetcher()
    await files.fetch(server.url)
    server.file.text = 'ho'
    expect(await files.text(server.url)).toBe('ho')
    expect(server.statuses).toEqual([200, 200])
  })

  it('is fetched again when the server has another', async () => {
    await using server = await serveFile('hi', { etag: '"1"', 'last-modified': old })
    const files = await fileFetcher()
    await files.fetch(server.url)
    Object.assign(server.file, { text: 'ho', headers: { etag: '"2"' } })
    expect(await files.fetch(server.url)).toMatchObject({ digest: sha256('ho') })
    expect(await files.text(server.url)).toBe('ho')
    expect(server.statuses).toEqual([200, 200, 304])
  })

  it('is used when the server sends its ETag again, though it was not asked to send the file', async () => {
    let sent = 0
    await using server = await startServer((_, response) => {
      response.writeHead(200, { etag: '"1"' })
      if (sent++ === 0) response.end('hi')
      else response.write('h')
    })
    const files = await fileFetcher()
    await files.fetch(`http://${server.host}/f`)
    expect(await files.text(`http://${server.host}/f`)).toBe('hi')
  })

  it('is not used for a weak ETag that is sent with another file', async () => {
    let text = 'hi'
    await using server = await startServer((_, response) => response.writeHead(200, { etag: 'W/"1"' }).end(text))
    const files = await fileFetcher()
    await files.fetch(`http://${server.host}/f`)
    text = 'ho'
    expect(await files.text(`http://${server.host}/f`)).toBe('ho')
  })

  it('is that of its whole URL', async () => {
    await using server = await startServer((request, response) =>
      response.writeHead(200, { etag: '"1"' }).end(request.url),
    )
    const files = await fileFetcher()
    expect(await files.text(`http://${server.host}/f?a`)).toBe('/f?a')
    expect(await files.text(`http://${server.host}/f?b`)).toBe('/f?b')
  })

  it('is never used when the server cannot be asked', async () => {
    const files = await fileFetcher()
    let url: string
    {
      await using server = await serveFile('hi', { etag: '"1"' })
      url = server.url
      await files.fetch(url)
    }
    const error = await files.fetch(url).catch((thrown: unknown) => thrown)
    expect(error).toEqual(code('TSB_HTTP_UNREACHABLE'))
    expect(error).toMatchObject({ hint: expect.stringContaining(`--checksum=${sha256('hi')}`) })
    expect(await files.text(url, sha256('hi'))).toBe('hi')
  })

  it.each(['sha256', 'sha384', 'sha512'])('is used without asking when it has the checksum (%s)', async (algorithm) => {
    await using server = await serveFile('hi', { etag: '"1"' })
    const files = await fileFetcher()
    await files.fetch(server.url, sum(algorithm, 'hi'))
    server.file.text = 'ho'
    expect(await files.text(server.url, sum(algorithm, 'hi'))).toBe('hi')
    expect(server.statuses).toEqual([200])
  })

  it('is not used when it has not the checksum', async () => {
    await using server = await serveFile('hi', { etag: '"1"' })
    const files = await fileFetcher()
    await files.fetch(server.url)
    await expect(files.fetch(server.url, sha256('ho'))).rejects.toThrow(code('TSB_ADD_CHECKSUM'))
    expect(server.statuses).toEqual([200, 304])
    Object.assign(server.file, { text: 'ho', headers: { etag: '"2"' } })
    expect(await files.text(server.url, sha256('ho'))).toBe('ho')
  })

  it('is not given to who may not have it', async () => {
    const handler = fileHandler(() => ({ text: 'hi', headers: { etag: '"1"' } }))
    await using server = await startServer((request, response) => {
      if (request.headers.authorization) handler(request, response)
      else response.writeHead(401).end()
    })
    const files = await fileFetcher()
    await files.fetch(`http://me:p@${server.host}/f`)
    await expect(files.fetch(`http://${server.host}/f`)).rejects.toThrow(code('TSB_HTTP_DENIED'))
  })
})

describe('a damaged cache', () => {
  /** Fetches once, does something to the cache, and tells what fetching again gives. */
  async function textAfter(change: (folder: string, file: string) => Promise<unknown>) {
    await using server = await serveFile('hi', { etag: '"1"', 'last-modified': old })
    const files = await fileFetcher()
    const { path } = await files.fetch(server.url)
    await change(join(files.folder, 'http'), path)
    return { text: await files.text(server.url), statuses: server.statuses }
  }
  const recordsIn = async (folder: string) =>
    (await readdir(join(folder, 'urls'))).map((name) => join(folder, 'urls', name))
  async function rewrite(folder: string, change: (text: string) => string): Promise<void> {
    for (const record of await recordsIn(folder)) {
      const before = await readFile(record, 'utf8')
      expect(change(before)).not.toBe(before)
      await writeFile(record, change(before))
    }
  }

  it.each<[string, (folder: string, file: string) => Promise<unknown>]>([
    ['a file that is gone', (_, file) => rm(file)],
    ['a file that is cut short', (_, file) => truncate(file, 1)],
    ['a file with other bytes', (_, file) => writeFile(file, 'xx')],
    [
      'a file with other bytes, size and time',
      async (_, file) => {
        const { atime, mtime } = await stat(file)
        await writeFile(file, 'xx')
        await utimes(file, atime, mtime)
      },
    ],
    ['a record that is gone', (folder) => rm(join(folder, 'urls'), { recursive: true })],
    [
      'a record that is no JSON',
      async (folder) => {
        for (const record of await recordsIn(folder)) await writeFile(record, 'x')
      },
    ],
    [
      'a record of another version',
      (folder) => rewrite(folder, (text) => seal((unseal(text) ?? '').replace('"version":1', '"version":2'))),
    ],
    [
      'a record with another digit',
      (folder) => rewrite(folder, (text) => text.replace('"modified":17', '"modified":16')),
    ],
    [
      'a record with an impossible time',
      (folder) => rewrite(folder, (text) => seal((unseal(text) ?? '').replace(/"modified":\d+/, '"modified":-1'))),
    ],
    ['nothing at all', (folder) => rm(folder, { recursive: true })],
  ])('of %s is as if nothing were there', async (_, change) => {
    expect(await textAfter(change)).toEqual({ text: 'hi', statuses: [200, 200] })
  })

  it('a file that was only touched is still the file', async () => {
    expect(await textAfter((_, file) => utimes(file, 1, 1))).toEqual({ text: 'hi', statuses: [200, 304] })
  })
})

describe('what is kept of a URL', () => {
  it('C14 has neither user nor password, nor the URL itself', async () => {
    await using server = await serveFile('hi', { etag: '"1"' })
    const files = await fileFetcher()
    await files.fetch(server.url.replace('//', '//me:CANARY@').concat('?sig=CANARY'))
    for (const name of await readdir(files.folder, { recursive: true })) {
      expect(name).not.toContain('CANARY')
      const place = join(files.folder, name)
      if ((await stat(place)).isFile()) expect(await readFile(place, 'utf8')).not.toMatch(/CANARY|127\.0\.0\.1/)
    }
  })

  it('is one file for the same bytes from two URLs', async () => {
    await using one = await serveFile('hi', {})
    await using other = await serveFile('hi', {})
    const files = await fileFetcher()
    const [first, second] = [await files.fetch(one.url), await files.fetch(other.url)]
    expect(second.path).toBe(first.path)
    expect(second.identity).toEqual(first.identity)
  })
})

describe('several who fetch one URL at once', () => {
  it('ask the server once', async () => {
    let asked = 0
    await using server = await startServer((_, response) => {
      asked++
      setTimeout(() => response.end('hi'), 50)
    })
    const locked = locksByName()
    const one = await fileFetcher({ locked })
    const other = await fileFetcher({ locked }, one.folder)
    const url = `http://${server.host}/f`
    expect(await Promise.all([one.text(url), one.text(url), other.text(url)])).toEqual(['hi', 'hi', 'hi'])
    expect(asked).toBe(1)
    expect(await one.text(url)).toBe('hi')
    expect(asked).toBe(2)
  })

  it('of which there are many do not ask all at the same time', async () => {
    let [open, most] = [0, 0]
    await using server = await startServer((_, response) => {
      most = Math.max(most, ++open)
      setTimeout(() => {
        open--
        response.end('hi')
      }, 5)
    })
    const files = await fileFetcher()
    const urls = Array.from({ length: 40 }, (_, number) => `http://${server.host}/${number}`)
    expect(await Promise.all(urls.map((url) => files.text(url)))).toEqual(urls.map(() => 'hi'))
    expect(most).toBeLessThanOrEqual(8)
  })

  it('each hold it against their own checksum', async () => {
    await using server = await startServer((_, response) => response.end('hi'))
    const files = await fileFetcher()
    const url = `http://${server.host}/f`
    const [right, wrong] = await Promise.allSettled([files.text(url, sha256('hi')), files.text(url, sha256('ho'))])
    expect([right?.status, wrong?.status]).toEqual(['fulfilled', 'rejected'])
  })
})
