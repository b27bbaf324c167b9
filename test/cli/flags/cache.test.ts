import { describe, expect, test } from 'vitest'
import { readCacheFrom, readCacheMount, readCacheTo } from '../../../src/cli/flags/cache.ts'
import { FlagError } from '../../../src/cli/flags/flag-error.ts'

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
    ['ref=a,verify=1', [{ type: 'registry', ref: 'a', verify: true }]],
    ['type=local,src=dir,tag=x', [{ type: 'local', path: 'dir', tag: 'x' }]],
  ])('%s', (text, from) => {
    expect(readCacheFrom(text)).toEqual(from)
  })

  test.each(['type=local', 'type=registry', 'type=inline', 'type=local,dest=x', 'type=gha', 'type=none'])(
    '%s cannot be',
    (text) => expect(() => readCacheFrom(text)).toThrow(FlagError),
  )
})

describe('--cache-to', () => {
  test.each([
    ['app:cache', { type: 'registry', ref: 'app:cache' }],
    [
      'type=registry,ref=a,mode=max,compression=zstd,ignore-error=false',
      { type: 'registry', ref: 'a', mode: 'max', compression: 'zstd', required: true },
    ],
    ['type=registry,ref=a,image-manifest=true,oci-mediatypes=true', { type: 'registry', ref: 'a' }],
    ['type=local,dest=d,mounts=npm+apt', { type: 'local', path: 'd', mounts: ['npm', 'apt'] }],
    ['type=local,dest=d,mounts=all', { type: 'local', path: 'd', mounts: 'all' }],
    ['type=inline', { type: 'inline' }],
  ])('%s', (text, to) => {
    expect(readCacheTo(text)).toEqual(to)
  })

  test.each([
    ['type=s3,bucket=b', 'type=s3 is not there'],
    ['type=gha', 'type=gha is not there'],
    ['type=inline,mode=max', 'the layers of the image alone'],
    ['type=inline,mounts=all', 'no files of cache mounts'],
    ['type=inline,mounts=a+b', 'no files of cache mounts'],
    ['type=registry,ref=a,image-manifest=false', 'image-manifest=false is not there'],
    ['type=registry,ref=a,mode=most', 'unknown mode'],
    ['type=registry', 'ref is missing'],
  ])('%s cannot be', (text, message) => {
    expect(() => readCacheTo(text)).toThrow(message)
  })
})

test('--cache-mount has an id and a folder', () => {
  expect(readCacheMount('id=npm,path=dir')).toEqual(['npm', 'dir'])
  expect(() => readCacheMount('id=npm')).toThrow('path is missing')
})
