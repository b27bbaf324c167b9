import { describe, expect, test } from 'vitest'
import { type BuildFlags, buildOptions } from '../../../src/cli/flags/build-options.ts'
import { FlagError } from '../../../src/cli/flags/flag-error.ts'

const none: BuildFlags = {
  resource: [],
  securityOpt: [],
  tag: [],
  buildArg: [],
  buildArgFile: [],
  label: [],
  unsetEnv: [],
  unsetLabel: [],
  unsetVolume: [],
  unsetPort: [],
  platform: [],
  buildContext: [],
  cache: true,
  cacheFilter: [],
  cacheFrom: [],
  cacheTo: [],
  cacheMount: [],
  cacheMounts: true,
  secret: [],
  ssh: [],
  allow: [],
  addHost: [],
  ulimit: [],
  annotation: [],
  output: [],
  registryMirror: [],
  registryAllow: [],
  insecureRegistry: [],
  limit: [],
  onErrorOutput: [],
}

function options(flags: Partial<BuildFlags>, env: Readonly<Record<string, string>> = {}) {
  return buildOptions('.', { ...none, ...flags }, env)
}

describe('outputs', () => {
  test.each([
    ['out', { type: 'local', dest: 'out' }],
    ['-', { type: 'tar', dest: '-' }],
    ['type=oci,dest=app.tar', { type: 'oci', dest: 'app.tar', tar: true }],
    ['type=oci,dest=app,tar=false', { type: 'oci', dest: 'app', tar: false }],
    ['type=oci', { type: 'oci', dest: '-', tar: true }],
    ['type=docker,dest=-', { type: 'docker', dest: '-', tar: true }],
    ['type=tar,dest=rootfs.tar', { type: 'tar', dest: 'rootfs.tar' }],
    ['type=local,dest=out', { type: 'local', dest: 'out' }],
    ['type=oci,"dest=a,b ""c"".tar"', { type: 'oci', dest: 'a,b "c".tar', tar: true }],
    ['DEST=x,Type=tar', { type: 'tar', dest: 'x' }],
  ])('%s', (text, output) => {
    expect(options({ output: [text] }).outputs).toEqual([output])
  })

  test('type=image keeps the image in the store, under one more name', () => {
    const { outputs, tags } = options({ tag: ['a'], output: ['type=image,"name=b,c"'] })
    expect({ outputs, tags }).toEqual({ outputs: [], tags: ['a', 'b', 'c'] })
  })

  test.each([
    ['type=registry', { type: 'registry' }, []],
    ['type=registry,"name=b,c:1"', { type: 'registry', names: ['b', 'c:1'] }, ['b', 'c:1']],
    ['type=image,push=true,name=b', { type: 'registry', names: ['b'] }, ['b']],
    [
      'type=image,push=true,push-by-digest=true,name-canonical=true,name=b',
      { type: 'registry', names: ['b'], byDigest: true },
      [],
    ],
  ])('%s pushes', (text, output, tags) => {
    expect(options({ output: [text] })).toMatchObject({ outputs: [output], tags })
  })

  test('--push pushes once, whatever outputs there are', () => {
    expect(options({ push: true }).outputs).toEqual([{ type: 'registry' }])
    expect(options({ push: true, output: ['type=image,name=b'] }).outputs).toEqual([{ type: 'registry' }])
    const named = { type: 'registry', names: ['b'] }
    expect(options({ push: true, output: ['type=registry,name=b'] }).outputs).toEqual([named])
  })

  test.each([
    ['type=local', 'writes a directory'],
    ['type=oci,tar=false', 'writes a directory'],
    ['type=docker,tar=false,dest=x', 'docker load reads an archive alone'],
    ['type=zip,dest=x', 'unknown type "zip"'],
    ['type=oci,des=x', 'unknown key "des"'],
    ['dest=x', 'unknown type ""'],
    ['type=oci,tar=maybe', 'neither true nor false'],
    ['type=oci,dest="x', 'invalid value'],
    ['type=image,push-by-digest=true', 'push-by-digest pushes'],
    ['type=oci,dest=x,push=true', 'only type=image and type=registry push'],
  ])('%s is refused', (text, message) => {
    expect(() => options({ output: [text] })).toThrow(message)
  })

  test('the keys that an error lists are all', () => {
    const hint = expect.stringMatching(/^keys: .*annotation\.NAME$/)
    expect(() => options({ output: ['type=oci,zzzzzzzz=x'] })).toThrow(expect.objectContaining({ hint }))
  })

  test('two outputs cannot share standard output', () => {
    expect(() => options({ output: ['-', 'type=oci'] })).toThrow('only one output can go to standard output')
  })
})

describe('names and values', () => {
  test('a build argument without = comes from the environment, or is not given', () => {
    const { args } = options({ buildArg: ['A=1', 'B', 'C', 'D=', 'E=x=y'] }, { B: 'two' })
    expect(args).toEqual({ A: '1', B: 'two', D: '', E: 'x=y' })
  })

  test('a label without = is empty', () => {
    expect(options({ label: ['a', 'b=1'] }, { a: 'no' }).labels).toEqual({ a: '', b: '1' })
  })

  test('SOURCE_DATE_EPOCH of the environment is a build argument; --build-arg wins', () => {
    const env = { SOURCE_DATE_EPOCH: '1700000000' }
    expect(options({}, env).args).toEqual(env)
    expect(options({ buildArg: ['SOURCE_DATE_EPOCH=5'] }, env).args).toEqual({ SOURCE_DATE_EPOCH: '5' })
  })

  test('a platform comes from the flag, else from DOCKER_DEFAULT_PLATFORM, else it is that of the machine', () => {
    const env = { DOCKER_DEFAULT_PLATFORM: 'linux/arm64' }
    expect(options({ platform: ['linux/amd64'] }, env).platform).toBe('linux/amd64')
    expect(options({}, env).platform).toBe('linux/arm64')
    expect(options({ platform: ['local'] }).platform).toBeUndefined()
  })

  test('several platforms come from one flag or from several', () => {
    const platform = ['linux/amd64', 'linux/arm64', 'local']
    expect(options({ platform: ['linux/amd64,linux/arm64', 'local'] }).platform).toEqual(platform)
    expect(options({}, { DOCKER_DEFAULT_PLATFORM: 'linux/amd64, linux/arm64,local' }).platform).toEqual(platform)
  })

  test('secrets', () => {
    const secret = ['id=a,src=f', 'id=b,env=E', 'id=set', 'id=unset', 'type=env,id=c,src=V', 'id=d,type=file']
    expect(options({ secret }, { set: 'x', d: 'x' }).secrets).toEqual({
      a: { file: 'f' },
      b: { env: 'E' },
      set: { env: 'set' },
      unset: { file: 'unset' },
      c: { env: 'V' },
      d: { file: 'd' },
    })
    expect(() => options({ secret: ['env=E'] })).toThrow('the id is missing')
  })

  test('limits and hosts', () => {
    const limits = options({
      shmSize: '64m',
      ulimit: ['nofile=1024:2048', 'core=-1'],
      addHost: ['a:10.0.0.1', 'b=::1', 'c:[::1]', 'd:[10.0.0.2]', 'e=host-gateway'],
      jobs: '3',
    })
    expect(limits).toMatchObject({
      shmSize: 67_108_864,
      ulimits: [
        { name: 'nofile', soft: 1024, hard: 2048 },
        { name: 'core', soft: -1, hard: -1 },
      ],
      addHosts: ['a:10.0.0.1', 'b:::1', 'c:::1', 'd:10.0.0.2', 'e:host-gateway'],
      jobs: 3,
    })
  })

  test.each([
    ['shmSize', '64x'],
    ['jobs', '0'],
    ['ulimit', ['nofile=9:1']],
    ['addHost', ['a:host-gatewey']],
    ['addHost', ['a:1.2.3']],
    ['addHost', ['a:1.2.3.4\n6.6.6.6 b']],
    ['addHost', ['a b:1.2.3.4']],
    ['registryMirror', ['docker.io']],
    ['buildArg', ['=x']],
  ] as const)('a wrong value for %s is refused: %j', (name, value) => {
    expect(() => options({ [name]: value })).toThrow(FlagError)
  })

  test('--no-cache-filter takes lists, and excludes --no-cache', () => {
    expect(options({ cacheFilter: ['a,b', 'c'] }).noCache).toEqual(['a', 'b', 'c'])
    expect(options({ cache: false }).noCache).toBe(true)
    expect(() => options({ cache: false, cacheFilter: ['a'] })).toThrow('exclude each other')
  })

  test('what is not given is absent', () => {
    const keys = Object.keys(options({}))
    expect(keys).not.toContain('file')
    expect(keys).not.toContain('noCache')
    expect(keys).not.toContain('platform')
  })
})
