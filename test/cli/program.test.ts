import { describe, expect, test } from 'vitest'
import { TsbuildError } from '../../src/errors.ts'
import type { ImageCommands } from '../../src/index.ts'
import { builtId, recordingBuild, runCommandLine } from './command-line.ts'

async function asked(...argv: readonly string[]) {
  const library = recordingBuild()
  const ran = await runCommandLine(argv, library)
  expect(ran.stderr).toBe('')
  expect(ran.status).toBe(0)
  return library.asked[0]
}

describe('the command line of a build', () => {
  test('build is the default command', async () => {
    const expected = { context: '.', file: 'Dockerfile.prod', tags: ['myapp_prod'] }
    expect(await asked('-f', 'Dockerfile.prod', '-t', 'myapp_prod', '.')).toMatchObject(expected)
    expect(await asked('build', '-f', 'Dockerfile.prod', '-t', 'myapp_prod')).toMatchObject(expected)
    expect(await asked('.', '-fDockerfile.prod', '--tag=myapp_prod')).toMatchObject(expected)
  })

  test('the context stands anywhere among the flags', async () => {
    expect(await asked('--no-cache', 'src', '--target', 'debug')).toMatchObject({
      context: 'src',
      noCache: true,
      target: 'debug',
    })
  })

  test('--pull takes no word that follows it', async () => {
    expect(await asked('--pull', 'src')).toMatchObject({ context: 'src', pull: 'always' })
    expect(await asked('--pull=never', 'src')).toMatchObject({ context: 'src', pull: 'never' })
  })

  test('flags of lists are given several times', async () => {
    const options = await asked('--build-arg', 'A=1', '--build-arg', 'B=2', '-t', 'a', '-t', 'b', '--label', 'x=y')
    expect(options).toMatchObject({ args: { A: '1', B: '2' }, tags: ['a', 'b'], labels: { x: 'y' } })
  })

  test('all that can be said arrives', async () => {
    const options = await asked(
      ...['--platform', 'linux/arm64', '--network=none', '--allow', 'network.host', '--add-host', 'a:1.2.3.4'],
      ...['--shm-size', '1g', '--ulimit', 'nofile=5', '--jobs=2', '--snapshotter', 'copy', '--runtime=native'],
      ...['--registry-mirror', 'docker.io=127.0.0.1:5000', '--build-context', 'b=../b', '-o', 'type=oci,dest=x.tar'],
      ...['--registry-allow', 'docker.io,127.0.0.1:5000', '--registry-allow', 'ghcr.io'],
      ...['--no-cache-mounts', '--no-cache-filter', 'a,b', '--secret', 'id=s,src=f'],
    )
    expect(options).toMatchObject({
      platform: 'linux/arm64',
      network: 'none',
      allow: ['network.host'],
      addHosts: ['a:1.2.3.4'],
      shmSize: 2 ** 30,
      ulimits: [{ name: 'nofile', soft: 5, hard: 5 }],
      jobs: 2,
      snapshotter: 'copy',
      runtime: 'native',
      registryMirrors: { 'docker.io': '127.0.0.1:5000' },
      cacheMounts: false,
      registryAllow: ['docker.io', '127.0.0.1:5000', 'ghcr.io'],
      contexts: { b: '../b' },
      outputs: [{ type: 'oci', dest: 'x.tar', tar: true }],
      noCache: ['a', 'b'],
      secrets: { s: { file: 'f' } },
    })
  })

  test('harmless flags of docker are taken, with a note', async () => {
    const ran = await runCommandLine(
      ['--rm', '--compress', '--provenance=false', '--force-rm=false', '.'],
      recordingBuild(),
    )
    expect(ran.status).toBe(0)
    expect(ran.stderr).toBe(
      'note: --compress has no effect: the context is not sent anywhere\nnote: --rm has no effect: nothing of a step is left behind\n',
    )
  })

  test('-q prints the image id on standard output, and nothing else', async () => {
    expect(await runCommandLine(['-q', '.'], recordingBuild())).toEqual({
      status: 0,
      stdout: `${builtId}\n`,
      stderr: '',
    })
  })

  test('warnings are summed up at the end', async () => {
    const source = { name: 'Dockerfile', text: 'FROM a\nCMD x\n' }
    const at = { source, start: { line: 1, column: 0 }, end: { line: 1, column: 5 } }
    const rule = 'JSONArgsRecommended'
    const library = recordingBuild({ warnings: [{ rule, message: 'JSON arguments', at }] })
    const { stderr } = await runCommandLine(['.'], library)
    expect(stderr).toBe(
      '\n 1 warning found (use --check to expand):\n - JSONArgsRecommended: JSON arguments (line 2)\n     2 | >>> CMD x\n',
    )
    expect((await runCommandLine(['--progress=quiet'], library)).stderr).toBe('')
  })

  test('BUILDKIT_PROGRESS is the default of --progress', async () => {
    expect((await runCommandLine(['.'], recordingBuild(), { BUILDKIT_PROGRESS: 'quiet' })).stdout).toBe(`${builtId}\n`)
    expect((await runCommandLine(['.'], recordingBuild(), { BUILDKIT_PROGRESS: 'plan' })).stderr).toContain(
      'hint: did you mean "plain"?',
    )
  })
})

describe('what cannot be understood ends with 125', () => {
  test.each([
    [['--tga', 'x'], "ERROR: unknown option '--tga'\nhint: did you mean --tag?\n"],
    [['-t'], "ERROR: option '-t, --tag <name>' argument missing\nhint: see tsbuild build --help\n"],
    [['.', 'b'], 'too many arguments'],
    [['--progress=plaim'], 'ERROR: invalid value for --progress: plaim\nhint: did you mean "plain"?\n'],
    [['--network=bridge'], "argument 'bridge' is invalid. Allowed choices are default, none, host."],
    [['-q', '--progress=plain'], '--quiet and --progress=plain exclude each other'],
    [['-q', '-o', '-'], 'ERROR: --quiet prints the image id where the output would go'],
    [['histroy', 'x'], 'ERROR: unknown command "histroy"\nhint: did you mean "history"?\n'],
    [['qqqq', 'x'], 'ERROR: unknown command "qqqq"\nhint: tsbuild help lists all commands\n'],
    [['push'], "missing required argument 'image'"],
    [['index', 'create', 'a'], 'index create: -t is missing'],
    [['index', 'create', '--tga', 'x', 'a'], "unknown option '--tga'"],
    [
      ['login', 'registry.test', 'me', 'pass-word'],
      'ERROR: login takes one argument, the host of a registry\nhint: give the user by -u, and the password by --password-stdin\n',
    ],
    [['login', '-p', 'x', '--password-stdin'], '--password and --password-stdin exclude each other'],
    [['logs', 'x'], 'ERROR: tsbuild has no "logs"\nhint: tsbuild builds logs shows what a build printed\n'],
    [['-D', 'buildx', 'create', '--use'], 'ERROR: tsbuild has no "buildx create"\nhint: there are no builders'],
    [['lint'], 'ERROR: tsbuild has no "lint"\nhint: tsbuild --check'],
    [['image', 'sign', 'x'], 'ERROR: tsbuild has no "image"\nhint: tsbuild images, inspect,'],
    [['history'], "missing required argument 'image'"],
    [['history', '--fromat', 'json', 'x'], 'hint: did you mean --format?'],
    [['rmi'], "missing required argument 'image'"],
    [['history', 'export', '--bogus'], "unknown option '--bogus'"],
    [['history', 'logs', '3'], 'none is called "logs"\nhint: tsbuild builds logs BUILD'],
    [['--root', 'builds', 'builds', 'show', '--bogus'], "unknown option '--bogus'\nhint: see tsbuild builds show"],
    [
      ['--root', 'builds', 'builds', 'trace'],
      'builds has no command "trace"\nhint: tsbuild builds show BUILD --report',
    ],
    [['buildx', 'history', 'trace'], 'hint: tsbuild builds show BUILD --report FILE.html writes a page with the steps'],
    [['container', 'inspect', 'x'], 'tsbuild has no "container inspect"\nhint: tsbuild ps'],
    [['container', 'prune'], 'tsbuild has no "container prune"\nhint: tsbuild rm'],
  ])('%j', async (argv, message) => {
    const ran = await runCommandLine(argv, recordingBuild())
    expect(ran.stderr).toContain(message)
    expect(ran).toMatchObject({ status: 125, stdout: '' })
  })
})

describe('help', () => {
  test('is printed on standard output', async () => {
    const ran = await runCommandLine(['--help'])
    expect(ran.status).toBe(0)
    for (const word of ['build', 'history', 'images', 'tag', 'rmi', 'inspect', 'save', 'load', 'import', 'version']) {
      expect(ran.stdout).toMatch(new RegExp(`^  ${word}\\b`, 'm'))
    }
  })

  test('of a command by what docker calls it is that of ours', async () => {
    expect((await runCommandLine(['help', 'image', 'ls'])).stdout).toMatch(/^Usage: tsbuild images /)
    expect((await runCommandLine(['help', 'system', 'df', '-v'])).stdout).toMatch(/^Usage: tsbuild du /)
  })

  test('of a command that is not there is an error', async () => {
    expect(await runCommandLine(['help', 'plna'])).toEqual({
      status: 125,
      stdout: '',
      stderr: 'ERROR: unknown command "plna"\nhint: did you mean "plan"?\n',
    })
    expect((await runCommandLine(['help', 'nocmd'])).stderr).toContain('hint: tsbuild help lists all commands')
    expect(await runCommandLine(['help', 'plan'])).toMatchObject({ status: 0, stderr: '' })
  })

  test('of build groups its flags and has examples', async () => {
    const { stdout } = await runCommandLine(['build', '--help'])
    for (const heading of [
      'What to build:',
      'What comes out:',
      'Cache and base images:',
      'How RUN steps run:',
      'Examples:',
    ]) {
      expect(stdout).toContain(`${heading}\n`)
    }
    expect(stdout).not.toContain('--force-rm')
  })

  test('version and --version print the version', async () => {
    const { stdout } = await runCommandLine(['version'])
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect((await runCommandLine(['--version'])).stdout).toBe(stdout)
  })
})

describe('an error of a build', () => {
  const failing = (error: unknown) => ({
    build: async () => {
      throw error
    },
  })

  test('has the prefix that people search for, and ends with 1', async () => {
    const ran = await runCommandLine(['.'], failing(new TsbuildError('TSB_X', 'target stage "x" could not be found')))
    expect(ran).toEqual({
      status: 1,
      stdout: '',
      stderr: 'ERROR: failed to build: failed to solve: target stage "x" could not be found [TSB_X]\n',
    })
  })

  test('is one more object with --progress=rawjson', async () => {
    const ran = await runCommandLine(['--progress=rawjson'], failing(new TsbuildError('TSB_X', 'no')))
    expect(JSON.parse(ran.stderr)).toEqual({ error: { code: 'TSB_X', message: 'no' } })
  })
})

describe('commands on images', () => {
  const calls: unknown[] = []
  const images: Partial<ImageCommands> = {
    tag: async (...names) => void calls.push(['tag', ...names]),
    remove: async (name) => {
      if (name === 'gone') throw new TsbuildError('TSB_IMAGE_NOT_FOUND', 'No such image: gone')
      return [`Untagged: ${name}:latest`]
    },
    save: async (names, archive) => void calls.push(['save', names, archive]),
    load: async (file) => {
      calls.push(['load', file])
      return ['app:latest', builtId]
    },
    import: async (file, options) => {
      calls.push(['import', file, options])
      return builtId
    },
    close: async () => void calls.push('close'),
  }
  const library = { openImages: async () => images as ImageCommands }
  const run = (...argv: readonly string[]) => {
    calls.length = 0
    return runCommandLine(argv, library)
  }

  test.each([['--root', 'store'], ['--root=store'], ['-D'], ['--debug', '--root', 'images']])(
    'stand behind the flags of all commands: %s %s',
    async (...flags) => {
      expect(await run(...flags, 'tag', 'a', 'b')).toMatchObject({ status: 0 })
      expect(calls).toEqual([['tag', 'a', 'b'], 'close'])
      expect(await run(...flags, 'tagg', 'a', 'b')).toMatchObject({
        status: 125,
        stderr: expect.stringContaining('did you mean "tag"?'),
      })
    },
  )

  test.each([
    [
      ['image', 'tag', 'a', 'b'],
      ['tag', 'a', 'b'],
    ],
    [['-D', 'image', 'rm', 'a'], []],
    [
      ['image', 'load'],
      ['load', '-'],
    ],
  ])('are known by what docker calls them: %j', async (argv, call) => {
    expect(await run(...argv)).toMatchObject({ status: 0, stderr: '' })
    expect(calls).toEqual([...(call.length > 0 ? [call] : []), 'close'])
  })

  test('tag', async () => {
    expect(await run('tag', 'a', 'b:1')).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(calls).toEqual([['tag', 'a', 'b:1'], 'close'])
  })

  test('rmi prints what it did; an unknown image is an error, with --force it is passed over', async () => {
    expect(await run('rmi', 'gone', 'a')).toMatchObject({
      status: 1,
      stdout: 'Untagged: a:latest\n',
      stderr: 'ERROR: No such image: gone [TSB_IMAGE_NOT_FOUND]\n',
    })
    expect(calls).toEqual(['close'])
    expect(await run('rmi', '-f', 'gone', 'a')).toMatchObject({ status: 0, stdout: 'Untagged: a:latest\n' })
  })

  test('save writes an OCI archive to a file or standard output', async () => {
    await run('save', 'a', 'b', '-o', 'x.tar')
    await run('save', 'a', '--format=docker')
    expect(calls).toEqual([['save', ['a'], { format: 'docker', dest: '-' }], 'close'])
  })

  test('load prints names and ids', async () => {
    const names = `Loaded image: app:latest\nLoaded image ID: ${builtId}\n`
    expect((await run('load', '-i', 'x.tar')).stdout).toBe(names)
    expect((await run('load', '-qi', 'x.tar')).stdout).toBe(names)
    expect((await run('load', 'x.tar')).stdout).toBe(names)
    expect(calls[0]).toEqual(['load', 'x.tar'])
    expect(await run('load', 'x.tar', '-i', 'y.tar')).toMatchObject({ status: 125, stdout: '' })
  })

  test('import prints the id', async () => {
    const argv = ['import', 'rootfs.tar', 'base:1', '-c', 'CMD ["sh"]', '--change', 'ENV A=1', '-m', 'made']
    expect((await run(...argv)).stdout).toBe(`${builtId}\n`)
    expect(calls[0]).toEqual([
      'import',
      'rootfs.tar',
      { name: 'base:1', message: 'made', changes: ['CMD ["sh"]', 'ENV A=1'] },
    ])
  })
})
