import { createHash } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../../src/digest/index.ts'
import { fileFetcher, fileHandler } from '../../support/http-files.ts'
import { type Handler, startServer } from '../../support/http-server.ts'
import { code, impatient } from '../../support/pulling.ts'

const lastModified = 'Tue, 02 Jan 2024 03:04:05 GMT'
const sending = (text: string, headers: Record<string, string> = {}) => fileHandler(() => ({ text, headers }))
const sum = (algorithm: string, text: string) => `${algorithm}:${createHash(algorithm).update(text).digest('hex')}`
const leftIn = (folder: string) => readdir(folder, { recursive: true })

describe('a file behind a URL', () => {
  it('is what the server sends, with its size, digest and time', async () => {
    await using server = await startServer(sending('hi', { 'last-modified': lastModified }))
    const files = await fileFetcher()
    expect(await files.fetch(`http://${server.host}/f`)).toMatchObject({
      size: 2,
      digest: sha256('hi'),
      modified: Date.UTC(2024, 0, 2, 3, 4, 5) / 1000,
    })
    expect(await files.text(`http://${server.host}/f`)).toBe('hi')
  })

  it('without a time, or with one that is none, has none', async () => {
    await using server = await startServer((request, response) => {
      response.writeHead(200, request.url === '/a' ? {} : { 'last-modified': '2024-01-02' }).end('hi')
    })
    const files = await fileFetcher()
    expect((await files.fetch(`http://${server.host}/a`)).modified).toBeUndefined()
    expect((await files.fetch(`http://${server.host}/b`)).modified).toBeUndefined()
  })

  it('is asked for as it is, with path and query as written', async () => {
    await using server = await startServer((request, response) => {
      response.end(`${request.headers['accept-encoding']} ${request.headers['user-agent']} ${request.url}`)
    })
    const url = `http://${server.host}/a%20b/c?d=%2f&e`
    expect(await (await fileFetcher()).text(url)).toBe('identity tsbuild /a%20b/c?d=%2f&e')
  })

  it('may be empty', async () => {
    await using server = await startServer((request, response) => {
      response.writeHead(200, request.url === '/g' ? { 'content-encoding': 'gzip' } : {}).end()
    })
    const files = await fileFetcher()
    expect(await files.text(`http://${server.host}/f`)).toBe('')
    expect(await files.text(`http://${server.host}/g`)).toBe('')
  })

  it('is unpacked when it was packed for the way, and stays packed when it is an archive', async () => {
    const packed = gzipSync('hi')
    await using server = await startServer((request, response) => {
      response.writeHead(200, request.url === '/way' ? { 'content-encoding': 'gzip' } : {}).end(packed)
    })
    const files = await fileFetcher()
    expect(await files.text(`http://${server.host}/way`)).toBe('hi')
    expect((await files.fetch(`http://${server.host}/archive`)).digest).toBe(sha256(packed))
  })

  it('is readable for its owner alone', async () => {
    await using server = await startServer(sending('hi'))
    const { path } = await (await fileFetcher()).fetch(`http://${server.host}/f`)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })
})

describe('a redirect', () => {
  it('is followed, and the file is that of the first URL', async () => {
    await using server = await startServer((request, response) => {
      if (request.url === '/f') response.writeHead(302, { location: '/g' }).end()
      else response.end('hi')
    })
    expect(await (await fileFetcher()).text(`http://${server.host}/f`)).toBe('hi')
  })

  it('E22 more than five times is refused', async () => {
    await using server = await startServer((request, response) =>
      response.writeHead(302, { location: `${request.url}x` }).end(),
    )
    const fetched = (await fileFetcher()).fetch(`http://${server.host}/f`)
    await expect(fetched).rejects.toThrow(code('TSB_URL_REDIRECT'))
    expect(server.requests).toHaveLength(6)
  })

  it('E11 does not carry credentials to another server', async () => {
    await using other = await startServer(sending('hi'))
    await using server = await startServer((_, response) =>
      response.writeHead(302, { location: `http://${other.host}/` }).end(),
    )
    await (await fileFetcher()).fetch(`http://me:secret@${server.host}/f`)
    expect(server.requests.map(({ authorization }) => authorization)).toEqual([
      `Basic ${Buffer.from('me:secret').toString('base64')}`,
    ])
    expect(other.requests.map(({ authorization }) => authorization)).toEqual([undefined])
  })

  it.each(['file:///etc/passwd', 'data:,x', 'unix:/run/x', 'http://169.254.169.254/', 'http://[fe80::1]/', 'ftp://x/'])(
    'C16 to %s is refused',
    async (location) => {
      await using server = await startServer((_, response) => response.writeHead(302, { location }).end())
      const files = await fileFetcher()
      await expect(files.fetch(`http://${server.host}/f`)).rejects.toThrow(code('TSB_URL_REDIRECT'))
      expect(await leftIn(files.folder)).toEqual([])
    },
  )

  it('C16 into this machine is refused when the first URL was not there', async () => {
    await using server = await startServer((_, response) =>
      response.writeHead(302, { location: `http://${server.host}/secret` }).end(),
    )
    // The proxy stands for the way out: what is behind it is taken for another network.
    const files = await fileFetcher({ env: { HTTP_PROXY: `http://${server.host}` } })
    await expect(files.fetch('http://files.test/f')).rejects.toThrow(code('TSB_URL_REDIRECT'))
    expect(server.requests.map(({ path }) => path)).toEqual(['http://files.test/f'])
  })
})

describe('what a server asks for', () => {
  const guarded =
    (wanted: string): Handler =>
    ({ headers }, response) =>
      response.writeHead(headers.authorization === wanted ? 200 : 401).end('hi')

  it('is the secret HTTP_AUTH_TOKEN_host as a Bearer token', async () => {
    await using server = await startServer(guarded('Bearer T'))
    const files = await fileFetcher({ secrets: { 'HTTP_AUTH_TOKEN_127.0.0.1': 'T\n' } })
    expect(await files.text(`http://${server.host}/f`)).toBe('hi')
  })

  it('is the secret HTTP_AUTH_HEADER_host as it is', async () => {
    await using server = await startServer(guarded('token abc'))
    const files = await fileFetcher({ secrets: { 'HTTP_AUTH_HEADER_127.0.0.1': 'token abc' } })
    expect(await files.text(`http://${server.host}/f`)).toBe('hi')
  })

  it('is user and password of the URL when there is no secret', async () => {
    await using server = await startServer(guarded(`Basic ${Buffer.from('me:p@ss').toString('base64')}`))
    expect(await (await fileFetcher()).text(`http://me:p%40ss@${server.host}/f`)).toBe('hi')
  })

  it('is not given to another host', async () => {
    await using server = await startServer(guarded('Bearer T'))
    const files = await fileFetcher({ secrets: { HTTP_AUTH_TOKEN_localhost: 'T' } })
    await expect(files.fetch(`http://${server.host}/f`)).rejects.toThrow(code('TSB_HTTP_DENIED'))
    expect(server.requests.map(({ authorization }) => authorization)).toEqual([undefined])
  })

  it('cannot be of several lines', async () => {
    await using server = await startServer(sending('hi'))
    const files = await fileFetcher({ secrets: { 'HTTP_AUTH_HEADER_127.0.0.1': 'CANARY\nX: y' } })
    await expect(files.fetch(`http://${server.host}/f`)).rejects.toThrow(/^(?!.*CANARY).*HTTP_AUTH_HEADER_127/)
    expect(server.requests).toEqual([])
  })
})

describe('a server in trouble', () => {
  it.each([
    [401, 'TSB_HTTP_DENIED'],
    [403, 'TSB_HTTP_DENIED'],
    [404, 'TSB_HTTP_NOT_FOUND'],
    [418, 'TSB_HTTP_STATUS'],
    [206, 'TSB_HTTP_STATUS'],
    [304, 'TSB_HTTP_STATUS'],
  ])('that answers %d is believed at once', async (status, expected) => {
    await using server = await startServer((_, response) => response.writeHead(status).end())
    const files = await fileFetcher()
    await expect(files.fetch(`http://${server.host}/f`)).rejects.toThrow(code(expected))
    await expect(files.fetch(`http://${server.host}/f`)).rejects.toThrow(`invalid response status ${status}`)
    expect(server.requests).toHaveLength(2)
  })

  it('that answers 500 or 429, or breaks off, is asked again, and that is told', async () => {
    const told: string[] = []
    let asked = 0
    await using server = await startServer((_, response) => {
      asked++
      if (asked === 1) response.writeHead(429).end()
      else if (asked === 2) response.writeHead(200, { 'content-length': 10 }).write('half', () => response.destroy())
      else response.end('whole')
    })
    const files = await fileFetcher({ notice: (message) => told.push(message) })
    expect(await files.text(`http://${server.host}/f`)).toBe('whole')
    expect(asked).toBe(3)
    expect(told).toEqual([
      `warning: ${server.host}: the connection was cut, trying again (attempt 3 of ${impatient.attempts})`,
    ])
  })

  it('for good is given up, and nothing is kept', async () => {
    await using server = await startServer((request, response) => {
      if (request.url === '/500') response.writeHead(500).end()
      else response.writeHead(200, { 'content-length': 10 }).write('half', () => response.destroy())
    })
    const files = await fileFetcher()
    await expect(files.fetch(`http://${server.host}/500`)).rejects.toThrow(code('TSB_HTTP_STATUS'))
    await expect(files.fetch(`http://${server.host}/cut`)).rejects.toThrow(code('TSB_HTTP_UNREACHABLE'))
    expect(server.requests).toHaveLength(6)
    expect(await leftIn(files.folder)).toEqual([])
  })

  it('that cuts a packed file short is asked again', async () => {
    const packed = gzipSync('whole')
    let asked = 0
    await using server = await startServer((_, response) => {
      const headers = { 'content-encoding': 'gzip', 'content-length': packed.length }
      if (asked++ > 0) response.writeHead(200, headers).end(packed)
      else response.writeHead(200, headers).write(packed.subarray(0, 12), () => response.destroy())
    })
    expect(await (await fileFetcher()).text(`http://${server.host}/f`)).toBe('whole')
  })

  it('E22 that says nothing, or no more, is given up', async () => {
    await using server = await startServer((request, response) => {
      if (request.url === '/more') response.write('half')
    })
    const files = await fileFetcher()
    await expect(files.fetch(`http://${server.host}/nothing`)).rejects.toThrow(/no answer for/)
    await expect(files.fetch(`http://${server.host}/more`)).rejects.toThrow(/no byte for/)
  })

  it('that sends more than 64 KiB of headers is refused', async () => {
    await using server = await startServer((request, response) => {
      const large = request.url === '/large' ? 66 << 10 : 60 << 10
      response.writeHead(200, { large: 'x'.repeat(large) }).end('hi')
    })
    const files = await fileFetcher()
    expect(await files.text(`http://${server.host}/small`)).toBe('hi')
    await expect(files.fetch(`http://${server.host}/large`)).rejects.toThrow(code('TSB_HTTP_HEADER'))
  })

  it('that is not there is named, without what is secret in its URL', async () => {
    const files = await fileFetcher()
    const error = await files.fetch('http://me:CANARY@127.0.0.1:1/f?sig=CANARY').catch((thrown: Error) => thrown)
    expect(error).toEqual(code('TSB_HTTP_UNREACHABLE'))
    expect(String(error)).toContain('http://127.0.0.1:1/f')
    expect(JSON.stringify(error) + String(error)).not.toContain('CANARY')
  })

  it('is not waited for when the build is cancelled', async () => {
    await using server = await startServer((_, response) => void response.write('half'))
    const files = await fileFetcher({
      limits: { patience: { attempts: 3, delayMs: 1, maximumDelayMs: 1, idleMs: 60_000 } },
    })
    const controller = new AbortController()
    const fetched = files.fetch(`http://${server.host}/f`, undefined, controller.signal)
    setTimeout(() => controller.abort(new Error('cancelled')), 50)
    await expect(fetched).rejects.toThrow('cancelled')
    expect(await leftIn(files.folder)).toEqual([])
  })
})

describe('a checksum', () => {
  it.each(['sha256', 'sha384', 'sha512'])('by %s lets the right bytes pass, and no others', async (algorithm) => {
    await using server = await startServer(sending('hi'))
    const files = await fileFetcher()
    await expect(files.fetch(`http://${server.host}/f`, sum(algorithm, 'ho'))).rejects.toThrow(code('TSB_ADD_CHECKSUM'))
    expect(await files.text(`http://${server.host}/f`, sum(algorithm, 'hi'))).toBe('hi')
  })

  it('C18 that is not right leaves nothing, and is not tried again', async () => {
    await using server = await startServer(sending('hi'))
    for (const algorithm of ['sha256', 'sha512']) {
      const files = await fileFetcher()
      await expect(files.fetch(`http://${server.host}/f`, sum(algorithm, 'ho'))).rejects.toThrow(
        /digest mismatch for http/,
      )
      expect(await leftIn(files.folder)).toEqual([])
    }
    expect(server.requests).toHaveLength(2)
  })

  it('C18 is of what came last, when an earlier answer broke off', async () => {
    let asked = 0
    await using server = await startServer((_, response) => {
      if (asked++ > 0) response.end('other')
      else response.writeHead(200, { 'content-length': 10 }).write('ri', () => response.destroy())
    })
    const files = await fileFetcher()
    await expect(files.fetch(`http://${server.host}/f`, sum('sha256', 'right'))).rejects.toThrow(
      code('TSB_ADD_CHECKSUM'),
    )
  })
})

describe('a file that is too large', () => {
  const body = 'x'.repeat(1000)
  const limits = (bytes: number) => ({ limits: { bytes } })

  it('is refused one byte above the limit, whether it says its size or not', async () => {
    await using server = await startServer((request, response) => {
      if (request.url === '/said') response.setHeader('content-length', body.length)
      response.write(body)
      response.end()
    })
    for (const path of ['/said', '/unsaid']) {
      expect((await (await fileFetcher(limits(1000))).fetch(`http://${server.host}${path}`)).size).toBe(1000)
      const files = await fileFetcher(limits(999))
      await expect(files.fetch(`http://${server.host}${path}`)).rejects.toThrow(code('TSB_HTTP_TOO_LARGE'))
      expect(await leftIn(files.folder)).toEqual([])
    }
  })

  it('is refused when it becomes so by unpacking', async () => {
    await using server = await startServer((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(body)),
    )
    const fetched = (await fileFetcher(limits(999))).fetch(`http://${server.host}/f`)
    await expect(fetched).rejects.toThrow(code('TSB_HTTP_TOO_LARGE'))
  })

  it('A29 a body that unpacks without end is refused by its ratio', async () => {
    const bomb = gzipSync(Buffer.alloc(80 << 20), { level: 9 })
    await using server = await startServer((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    )
    const files = await fileFetcher()
    await expect(files.fetch(`http://${server.host}/f`)).rejects.toThrow(code('TSB_ARCHIVE_BOMB'))
    expect(await leftIn(files.folder)).toEqual([])
  })
})
