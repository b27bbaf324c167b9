import { execFile, spawnSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openFingerprint } from '../../src/digest/index.ts'
import { build } from '../../src/index.ts'
import { busyboxBase, hasBusyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import { startTsbuild, tsbuild } from '../support/command-line.ts'
import { startServer } from '../support/http-server.ts'
import { until } from '../support/processes.ts'
import { code } from '../support/pulling.ts'
import { tar } from '../support/tar.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const canRun = getuid?.() === 0 && hasBusyboxBase
const start = join(import.meta.dirname, '../support/programs/start-cli.cjs')
const source = join(import.meta.dirname, '../../src')

let workspace: Workspace
let ran: string
beforeEach(async () => {
  workspace = await openWorkspace()
  ran = join(workspace.directory, 'ran')
})
afterEach(() => workspace[Symbol.asyncDispose]())

const inWorkspace = (...parts: readonly string[]) => join(workspace.directory, ...parts)

describe('what is written', () => {
  it('I05 --iidfile, --metadata-file and --digest-file replace links, and what they lead to stays', async () => {
    workspace.write({ 'context/Dockerfile': 'FROM scratch\nLABEL a=1\n', target: 'untouched', 'out/': '' })
    const names = ['iid', 'metadata', 'digest']
    for (const name of names) symlinkSync('../target', inWorkspace('out', name))
    const flags = ['--iidfile', 'out/iid', '--metadata-file', 'out/metadata', '--digest-file', 'out/digest']
    expect(await tsbuild(workspace, '-q', ...flags, 'context')).toMatchObject({ status: 0 })
    expect(readFileSync(inWorkspace('target'), 'utf8')).toBe('untouched')
    for (const name of names) expect(lstatSync(inWorkspace('out', name)).isFile()).toBe(true)
    expect(readdirSync(inWorkspace('out')).sort()).toEqual([...names].sort())
  })

  it('I06 names of images and stages that are paths are refused', async () => {
    workspace.write({ 'context/Dockerfile': 'FROM scratch AS a\nLABEL a=1\n', 'out/': '' })
    const options = { context: 'context', outputs: [{ type: 'oci', dest: 'out/layout', tar: false }] } as const
    for (const tag of ['a/../../b', '../b', '/b', 'a//b']) {
      await expect(build({ ...options, tags: [tag] }, workspace.environment)).rejects.toThrow(/invalid reference|name/)
    }
    const target = build({ ...options, target: '../../a' }, workspace.environment)
    await expect(target).rejects.toThrow(code('TSB_UNKNOWN_TARGET'))
    const stage = workspace.build({ dockerfile: 'FROM scratch AS ../../b\n' })
    await expect(stage).rejects.toThrow(/name/)
    expect(readdirSync(inWorkspace('out'))).toEqual([])
  })

  it('I07 is the image as it was built, also when the context changes meanwhile', async () => {
    workspace.write({ 'context/f': 'as it was built' })
    const outputs = ['a', 'b'].map((dest) => ({ type: 'oci', dest, tar: true }) as const)
    await workspace.build({
      dockerfile: 'FROM scratch\nCOPY f /\n',
      outputs,
      onEvent: (event) => {
        if (event.type === 'step:start' && event.label === 'exporting to image')
          writeFileSync(inWorkspace('context/f'), 'changed')
      },
    })
    expect(readFileSync(inWorkspace('context/f'), 'utf8')).toBe('changed')
    expect(readFileSync(inWorkspace('a')).equals(readFileSync(inWorkspace('b')))).toBe(true)
    await workspace.build({
      dockerfile: `FROM oci-archive:${inWorkspace('a')} AS s\nFROM scratch\nCOPY --from=s /f /\n`,
      outputs: [{ type: 'local', dest: 'files' }],
    })
    expect(readFileSync(inWorkspace('files/f'), 'utf8')).toBe('as it was built')
  })
})

describe('what decides that two files are the same', () => {
  const dockerfile = 'FROM scratch\nCOPY f /\n'

  it('F04 two contents of one xxh64 make two layers', async () => {
    const [one, two] = collision()
    const fingerprint = await openFingerprint()
    expect(one.equals(two)).toBe(false)
    expect(fingerprint(one)).toBe(fingerprint(two))
    const ids = []
    for (const bytes of [one, two]) {
      mkdirSync(inWorkspace('context'), { recursive: true })
      writeFileSync(inWorkspace('context/f'), bytes)
      utimesSync(inWorkspace('context/f'), 1, 1)
      ids.push((await workspace.build({ dockerfile, outputs: [{ type: 'local', dest: 'out' }] })).result.id)
      expect(readFileSync(inWorkspace('out/f')).equals(bytes)).toBe(true)
    }
    expect(ids[0]).not.toBe(ids[1])
  })

  it('F05 a file that is written again in the same tick, its time set back, makes a new layer', async () => {
    for (let round = 0; round < 5; round++) {
      for (const text of [`a${round}`, `b${round}`]) {
        mkdirSync(inWorkspace('context'), { recursive: true })
        writeFileSync(inWorkspace('context/f'), text)
        utimesSync(inWorkspace('context/f'), 1, 1)
        await workspace.build({ dockerfile, outputs: [{ type: 'local', dest: 'out' }] })
        expect(readFileSync(inWorkspace('out/f'), 'utf8')).toBe(text)
      }
    }
  })
})

describe('what a build is told', () => {
  it('J06 a front end of somebody else is refused, and nobody is asked for it', async () => {
    await using server = await startServer((_, response) => response.end())
    workspace.write({ 'context/f': '' })
    const refused = workspace.build({ dockerfile: `# syntax=${server.host}/evil\nFROM scratch\n` })
    await expect(refused).rejects.toThrow(code('TSB_UNSUPPORTED_FRONTEND'))
    expect(server.requests).toEqual([])
  })

  it('J07 no program is started through a shell', () => {
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
    const shells =
      /\bshell: true\b|\bexec(Sync)?\b[^.]*\} from 'node:child_process'|import \* as \w+ from 'node:child_process'/
    expect(files.filter((name) => shells.test(readFileSync(join(source, name), 'utf8')))).toEqual([])
  })

  it('J07 texts of the command line and of the context are never run', async () => {
    const evil = `$(touch ${ran})\`touch ${ran}\`; touch ${ran} #\n touch ${ran}`
    const short = '$(touch ran)`touch ran`;touch ran'
    mkdirSync(inWorkspace('context'), { recursive: true })
    writeFileSync(inWorkspace('context', short), 'x')
    writeFileSync(inWorkspace('context', `Dockerfile${short}`), `FROM scratch\nCOPY . /\nLABEL a="${short}"\n`)
    const words = [
      ...['-f', join('context', `Dockerfile${short}`), '--label', evil, '--build-arg', `A=${evil}`],
      ...[
        '-o',
        `type=local,dest=out${short}`,
        '--iidfile',
        `iid${short}`,
        '--secret',
        `id=${short},src=context/${short}`,
      ],
    ]
    const { status, stderr } = await tsbuild(workspace, ...words, 'context')
    expect([status, stderr]).toEqual([0, expect.any(String)])
    for (const wrong of [
      ['-t', short],
      ['--target', short],
      ['--build-context', `${short}=.`],
      ['--platform', short],
    ]) {
      expect((await tsbuild(workspace, ...wrong, 'context')).status).not.toBe(0)
    }
    expect(filesNamed('ran')).toEqual([])
  })

  it('J08 nothing in the context or working directory is read as settings or code', async () => {
    const script = `require('node:fs').writeFileSync(${JSON.stringify(ran)}, '')`
    await using mirror = await startServer((_, response) => response.writeHead(404).end())
    await using registry = await startServer((_, response) => response.writeHead(404).end())
    const settings = JSON.stringify({ registryMirrors: { [registry.host]: [mirror.host] } })
    const proxies = JSON.stringify({ proxies: { default: { httpProxy: `http://${mirror.host}` } } })
    workspace.write({
      'context/Dockerfile': `FROM ${registry.host}/x\n`,
      'context/.tsbuildrc.js': script,
      'context/tsbuild.config.js': script,
      'context/package.json': JSON.stringify({ type: 'module', main: './tsbuild.config.js', tsbuild: { root: '/x' } }),
      'context/.npmrc': 'node-options=--require=./tsbuild.config.js\n',
      'context/.env': `NODE_OPTIONS=--require=${inWorkspace('context/.tsbuildrc.js')}\n`,
      'context/node_modules/koffi/index.js': script,
      'context/node_modules/zod/index.js': script,
      'context/config.json': settings,
      'context/tsbuild/config.json': settings,
      'context/.config/tsbuild/config.json': settings,
      'context/.docker/config.json': proxies,
      'context/docker-bake.hcl': 'x',
    })
    for (const env of [{}, { HOME: '' }, { HOME: '.' }, { XDG_CONFIG_HOME: '.config' }, { DOCKER_CONFIG: '.docker' }]) {
      const environment = {
        ...workspace.environment,
        cwd: inWorkspace('context'),
        env: { PATH: process.env['PATH'], ...env },
      }
      await expect(build({ context: '.' }, environment)).rejects.toThrow(code('TSB_IMAGE_NOT_FOUND'))
    }
    const env = { PATH: process.env['PATH'], HOME: workspace.directory, TSBUILD_ROOT: workspace.environment.root }
    const failed = promisify(execFile)(process.execPath, [start, '--debug', '.'], { cwd: inWorkspace('context'), env })
    await expect(failed).rejects.toMatchObject({ code: 1 })
    expect(registry.requests).not.toEqual([])
    expect(mirror.requests).toEqual([])
    expect(existsSync(ran)).toBe(false)
  })

  it('J14 the umask and working directory of the caller change nothing', async () => {
    workspace.write({
      'context/Dockerfile': 'FROM scratch\nCOPY . /c/\nADD a.tar /t/\nWORKDIR /w/x\n',
      'context/d/f': 'x',
    })
    writeFileSync(inWorkspace('context/a.tar'), tar('f x=1', 'd y/'))
    const ids = [
      idUnder('umask 0022', workspace.directory, 'context', []),
      idUnder('umask 0777', '/', inWorkspace('context'), []),
      idUnder('umask 0', inWorkspace('context'), '.', ['-f', inWorkspace('context/Dockerfile')]),
    ]
    expect(new Set(ids).size).toBe(1)
    expect(ids[0]).toMatch(/^sha256:/)
  })
})

describe.skipIf(!canRun)(`a step (${hasBusyboxBase ? 'needs root' : noBusyboxBase})`, () => {
  beforeEach(() => workspace.import(busyboxBase(), 'base'))

  it('J07 texts of the Dockerfile are arguments of programs, never run by us', async () => {
    const evil = `$(touch ${ran});\`touch ${ran}\``
    const dockerfile = [
      'FROM base AS s',
      `ENV E="\\$(touch ${ran})"`,
      `WORKDIR "/w \\$(touch ${ran})"`,
      `RUN --mount=type=cache,target="/m\\$(touch\${E})",id=\\$(touch) ["true", "${evil}"]`,
      'RUN --mount=type=tmpfs,target=/t;touch /bin/true',
    ]
    workspace.write({ 'context/Dockerfile': `${dockerfile.join('\n')}\n` })
    await workspace.build({ runtime: 'native' }).catch((error: unknown) => expect(error).toHaveProperty('code'))
    expect(existsSync(ran)).toBe(false)
    expect(filesNamed('ran')).toEqual([])
  })

  it('J12 nothing of tsbuild listens on a port while a step runs', async () => {
    workspace.write({ 'context/Dockerfile': 'FROM base\nRUN echo begun; sleep 300\n' })
    const running = startTsbuild(workspace, '--progress', 'plain', '--no-cache', 'context')
    try {
      expect(await until(() => /begun$/m.test(running.stderr()))).toBe(true)
      const family = familyOf(running.child.pid ?? 0)
      expect(family.length).toBeGreaterThan(1)
      expect(family.flatMap(listeningSockets)).toEqual([])
    } finally {
      running.child.kill('SIGTERM')
      await running.ended
    }
  })

  it('J14 the umask and working directory of the caller change nothing for a RUN', () => {
    const text = 'FROM base\nRUN mkdir /x && echo 1 >/x/f && umask >/x/u\nWORKDIR /y\n'
    workspace.write({ 'context/Dockerfile': text })
    const ids = [
      idUnder('umask 0022', workspace.directory, 'context', ['--no-cache']),
      idUnder('umask 0777', '/', inWorkspace('context'), ['--no-cache']),
    ]
    expect(ids[0]).toMatch(/^sha256:/)
    expect(ids[1]).toBe(ids[0])
  })
})

function filesNamed(name: string): readonly string[] {
  return readdirSync(workspace.directory, { recursive: true, encoding: 'utf8' }).filter((found) =>
    found.split('/').includes(name),
  )
}

/** The id of an image that is built without a cache of files, from here, in this mood. */
function idUnder(mood: string, cwd: string, context: string, flags: readonly string[]): string {
  const words = [start, '-q', ...flags, context]
  const { root } = workspace.environment
  const env = { PATH: process.env['PATH'], HOME: workspace.directory, TSBUILD_ROOT: root, SOURCE_DATE_EPOCH: '1' }
  const script = `${mood}; exec "$@"`
  const { stdout, stderr } = spawnSync('sh', ['-c', script, 'sh', process.execPath, ...words], {
    cwd,
    env,
    encoding: 'utf8',
  })
  return stdout.trim() || stderr
}

/** A process and all that it has started. */
function familyOf(parent: number): readonly number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const children = pids.filter((pid) =>
    new RegExp(`^\\d+ \\(.*\\) \\S ${parent} `, 's').test(read(`/proc/${pid}/stat`)),
  )
  return [parent, ...children.flatMap((pid) => familyOf(Number(pid)))]
}

/** Inodes of the sockets of a process that wait for connections by TCP, in the network where it is. */
function listeningSockets(pid: number): readonly string[] {
  const lines = ['tcp', 'tcp6'].flatMap((name) => read(`/proc/${pid}/net/${name}`).split('\n'))
  const listening = new Set(lines.map((line) => line.trim().split(/\s+/)).map((words) => words[3] === '0A' && words[9]))
  const handles = existsSync(`/proc/${pid}/fd`) ? readdirSync(`/proc/${pid}/fd`) : []
  return handles.flatMap((fd) => {
    const [, inode = ''] = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`)) ?? []
    return listening.has(inode) ? [`${pid}: ${inode}`] : []
  })
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return '' // the process ended while we looked
  }
}

function linkOf(file: string): string {
  try {
    return readlinkSync(file)
  } catch {
    return '' // it was closed while we looked
  }
}

/**
 * Two texts of 64 bytes with one xxh64: each of its four lanes takes 8 bytes of the first half and then 8 of the second,
 * and the second half of one is chosen so that it makes up for the first.
 */
function collision(): readonly [Buffer, Buffer] {
  const mask = (1n << 64n) - 1n
  const [p1, p2] = [0x9e3779b185ebca87n, 0xc2b2ae3d27d4eb4fn]
  const rotated = (value: bigint, by: bigint) => ((value << by) | (value >> (64n - by))) & mask
  const round = (lane: bigint, input: bigint) => (rotated((lane + input * p2) & mask, 31n) * p1) & mask
  let inverse = p2
  for (let step = 0; step < 6; step++) inverse = (inverse * (2n - p2 * inverse)) & mask
  const lanes = [(p1 + p2) & mask, p2, 0n, -p1 & mask]
  const [one, two] = [Buffer.alloc(64, 'a'), Buffer.alloc(64, 'a')]
  two.write('the other text begins otherwise!')
  for (const [index, lane] of lanes.entries()) {
    const [a, b] = [one, two].map((bytes) => round(lane, bytes.readBigUInt64LE(index * 8))) as [bigint, bigint]
    const second = (one.readBigUInt64LE(32 + index * 8) + (a - b) * inverse) & mask
    two.writeBigUInt64LE(second, 32 + index * 8)
  }
  return [one, two]
}
