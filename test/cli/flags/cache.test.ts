import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { readCacheFrom, readCacheMount, readCacheTo } from '../../../src/cli/flags/cache.ts'
import { FlagError } from '../../../src/cli/flags/flag-error.ts'
import { revealed, Secret } from '../../../src/secret.ts'

/** With keys as they were typed, which are hidden otherwise. */
function plain(places: readonly object[]): readonly object[] {
  const shown = (value: unknown) => (value instanceof Secret ? revealed(value) : value)
  return places.map((place) => Object.fromEntries(Object.entries(place).map(([key, value]) => [key, shown(value)])))
}

test('G04 G08 keys and tokens are hidden from the moment they are read', () => {
  const keys = 'access_key_id=CANARY,secret_access_key=CANARY,session_token=CANARY'
  const places = [
    ...readCacheFrom(`type=s3,bucket=b,${keys}`),
    readCacheTo(`type=s3,bucket=b,${keys}`),
    ...readCacheFrom('type=gha,token=CANARY'),
  ]
  for (const text of [JSON.stringify(places), inspect(places, { depth: 9, showHidden: true })]) {
    expect(text.split('***')).toHaveLength(8)
    expect(text).not.toContain('CANARY')
  }
})

describe('--cache-from', () => {
  test.each([
    ['app:cache', [{ type: 'registry', ref: 'app:cache' }]],
    [
      'a,b:1',
      [
        { type: 'registry', ref: 'a' },
        { type: 'registry', ref: 'b:1' },
      ],
    ],
    ['type=registry,ref=a,required=true', [{ type: 'registry', ref: 'a', required: true }]],
    ['app:1,required=true', [{ type: 'registry', ref: 'app:1', required: true }]],
    ['ref=a,verify=1', [{ type: 'registry', ref: 'a', verify: true }]],
    ['app:cache,mode=max,compression=zstd,image-manifest=true', [{ type: 'registry', ref: 'app:cache' }]],
    ['type=local,src=dir,tag=x', [{ type: 'local', path: 'dir', tag: 'x' }]],
    ['type=s3,bucket=b,region=r,verify=1', [{ type: 's3', bucket: 'b', region: 'r', verify: true }]],
    ['type=gha', [{ type: 'gha' }]],
    [
      'type=gha,scope=s,url_v2=u,token=t,required=1',
      [{ type: 'gha', scope: 's', url: 'u', token: 't', required: true }],
    ],
  ])('%s', (text, from) => {
    expect(plain(readCacheFrom(text))).toEqual(from)
  })

  test.each(['type=local', 'type=registry', 'type=inline', 'type=local,dest=x', 'type=gha,version=1', 'type=none'])(
    '%s cannot be',
    (text) => expect(() => readCacheFrom(text)).toThrow(FlagError),
  )
})

describe('--cache-to', () => {
  test.each([
    ['app:cache', { type: 'registry', ref: 'app:cache' }],
    ['localhost:5000/app,mode=max', { type: 'registry', ref: 'localhost:5000/app', mode: 'max' }],
    [
      'type=registry,ref=a,mode=max,compression=zstd,ignore-error=false',
      { type: 'registry', ref: 'a', mode: 'max', compression: 'zstd', required: true },
    ],
    ['type=registry,ref=a,image-manifest=true,oci-mediatypes=true', { type: 'registry', ref: 'a' }],
    ['type=local,dest=d,mounts=npm+apt', { type: 'local', path: 'd', mounts: ['npm', 'apt'] }],
    ['type=local,dest=d,mounts=all', { type: 'local', path: 'd', mounts: 'all' }],
    ['type=inline', { type: 'inline' }],
    [
      'type=s3,bucket=b,name=x;y,prefix=p/,blobs_prefix=l/,manifests_prefix=m/,endpoint_url=http://h,use_path_style=true,access_key_id=a,secret_access_key=k,session_token=t,touch_refresh=1h,upload_parallelism=2,mode=max',
      {
        ...{ type: 's3', bucket: 'b', names: ['x', 'y'], prefix: 'p/', blobsPrefix: 'l/', manifestsPrefix: 'm/' },
        ...{ endpointUrl: 'http://h', usePathStyle: true, accessKeyId: 'a', secretAccessKey: 'k', sessionToken: 't' },
        ...{ touchRefresh: 3_600_000, uploadParallelism: 2, mode: 'max' },
      },
    ],
    ['ref=a,ignore-error=true,required=false', { type: 'registry', ref: 'a' }],
    ['ref=a,ignore-error=false,required', { type: 'registry', ref: 'a', required: true }],
    ['ref=a,mounts=npm,required', { type: 'registry', ref: 'a', mounts: ['npm'], required: true }],
    ['type=gha,mode=max,ignore-error=false', { type: 'gha', mode: 'max', required: true }],
  ])('%s', (text, to) => {
    expect(plain([readCacheTo(text)])).toEqual([to])
  })

  test.each([
    ['type=azblob,account_url=b', 'type=azblob is not there'],
    ['type=gha,version=1', 'only version=2'],
    ['type=gha,repository=a/b', 'has no repository'],
    ['type=s3,bucket=b,access_key_id=a', 'one of access_key_id and secret_access_key is missing'],
    ['type=s3,bucket=b,upload_parallelism=0', 'no number from 1 to 99'],
    ['type=s3,bucket=b,secret_access_key=a,b', 'not of the form key=value'],
    ['type=s3,ref=x', 'unknown key "ref"'],
    ['type=inline,mode=max', 'the layers of the image alone'],
    ['type=inline,mounts=all', 'no files of cache mounts'],
    ['type=inline,mounts=a+b', 'no files of cache mounts'],
    ['type=registry,ref=a,image-manifest=false', 'image-manifest=false is not there'],
    ['type=registry,ref=a,mode=most', 'unknown mode "most"'],
    ['type=none', 'unknown type "none"'],
    ['mode=max', 'type is missing'],
    ['ref=a,ignore-error=true,required=true', 'contradict each other'],
    ['ref=a,ignore-error=false,required=false', 'contradict each other'],
    ['type=registry', 'ref is missing'],
  ])('%s cannot be', (text, message) => {
    expect(() => readCacheTo(text)).toThrow(message)
  })
})

test.each([
  ['ref=a,mounts=npm,apt,pip,mode=max', 'ids have + between them: mounts=npm+apt+pip'],
  ['type=local,src=d', 'did you mean "dest"?'],
])('--cache-to %s: %s', (text, hint) => {
  expect(() => readCacheTo(text)).toThrow(expect.objectContaining({ hint }))
})

test('--cache-from type=local,dest= says that it is src=', () => {
  const hint = 'did you mean "src"?'
  expect(() => readCacheFrom('type=local,dest=d')).toThrow(expect.objectContaining({ hint }))
})

test('what may be a key is not repeated as a type', () => {
  const text = 'type=wJalrXUtnFEMI/K7MDENG,bucket=b'
  expect(() => readCacheTo(text)).toThrow(expect.objectContaining({ message: '--cache-to: unknown type' }))
})

test('--cache-mount has an id and a folder', () => {
  expect(readCacheMount('id=npm,path=dir')).toEqual(['npm', 'dir'])
  expect(() => readCacheMount('id=npm')).toThrow('path is missing')
})
