import { expect, it } from 'vitest'
import { proxiesOf } from '../../src/http/index.ts'
import { contentsOf, fakeImage, serve } from '../support/fake-image.ts'
import { startServer } from '../support/http-server.ts'
import { startProxy } from '../support/proxy-server.ts'
import { resolve } from '../support/pulling.ts'

it('a registry is asked through the proxy of the environment', async () => {
  await using server = await startServer(serve(contentsOf('app', '1', fakeImage())))
  await using proxy = await startProxy(server.host)
  const mirrors = new Map([['registry.test', ['http://mirror.test']]])
  const proxies = proxiesOf({ HTTP_PROXY: proxy.url })
  expect(await resolve('registry.test/app:1', { mirrors, proxies })).toMatchObject({ location: 'registry.test/app' })
  expect(proxy.asked[0]).toBe('GET http://mirror.test/v2/app/manifests/1')
})
