import { describe, expect, it } from 'vitest'
import { imageConfig, opsOf, planError, planText, rowsOf } from '../../support/planning.ts'

const configOf = async (lines: string) => (await planText(`FROM scratch\n${lines}\n`)).image.config.config
const errorOf = (lines: string) => planError(`FROM scratch\n${lines}\n`)

describe('WORKDIR', () => {
  it('makes the directory as the USER in force, 0755, in a layer of its own', async () => {
    const plan = await planText('FROM scratch\nUSER app\nWORKDIR /a\nWORKDIR b\n')
    expect(opsOf(plan, 'mkdir').map(({ path, mode, owner }) => ({ path, mode, owner }))).toEqual([
      { path: '/a', mode: 0o755, owner: 'app' },
      { path: '/a/b', mode: 0o755, owner: 'app' },
    ])
    expect(plan.image.history.filter(({ layer }) => layer)).toHaveLength(2)
  })

  it('/ is there already', async () => {
    const plan = await planText('FROM scratch\nWORKDIR /\n')
    expect(opsOf(plan, 'mkdir')).toEqual([])
    expect(plan.image.history).toEqual([{ createdBy: 'WORKDIR /' }])
  })

  it('with an unset variable stays where it is', async () => {
    expect(rowsOf(await planText('FROM scratch\nWORKDIR /a\nWORKDIR $NOPE\n'))).toEqual(['WORKDIR /a', 'WORKDIR /a'])
  })

  it('is relative to that of the base image', async () => {
    const plan = await planText('FROM b\nWORKDIR sub\n', {}, { b: imageConfig({ WorkingDir: '/srv' }) })
    expect(plan.image.config.config?.WorkingDir).toBe('/srv/sub')
  })

  it('a base image with a relative one does not lead anywhere else', async () => {
    const plan = await planText('FROM b\nWORKDIR ../../x\nCOPY a .\n', {}, { b: imageConfig({ WorkingDir: 'app' }) })
    expect(opsOf(plan, 'copy')[0]?.dest).toBe('/x/')
  })
})

describe('CMD and ENTRYPOINT', () => {
  const full = { full: imageConfig({ Entrypoint: ['/ep'], Cmd: ['arg'], Env: ['PATH=/bin'] }) }
  const command = async (lines: string) => {
    const { config } = (await planText(`FROM full\n${lines}\n`, {}, full)).image.config
    return [config?.Entrypoint, config?.Cmd]
  }

  it('ENTRYPOINT takes an inherited CMD away, but not one of the same stage', async () => {
    expect(await command('ENTRYPOINT ["x"]')).toEqual([['x'], undefined])
    expect(await command('CMD ["y"]\nENTRYPOINT ["x"]')).toEqual([['x'], ['y']])
    expect(await command('CMD ["y"]\nFROM full AS a\nCMD ["y"]\nFROM a\nENTRYPOINT ["x"]')).toEqual([['x'], undefined])
  })

  it('shell form is a text for the SHELL in force', async () => {
    expect(await command('SHELL ["/bin/bash", "-c"]\nCMD echo $x')).toEqual([['/ep'], ['/bin/bash', '-c', 'echo $x']])
  })

  it('only CMD sets ArgsEscaped, and an empty list is left out', async () => {
    expect(await configOf('CMD []')).toMatchObject({ ArgsEscaped: true })
    expect(Object.keys((await configOf('CMD []')) ?? {})).not.toContain('Cmd')
    expect(Object.keys((await configOf('ENTRYPOINT ["x"]')) ?? {})).not.toContain('ArgsEscaped')
  })
})

describe('USER', () => {
  it('is stored as it is', async () => {
    for (const user of ['app', '1000', '1000:1000', 'app:staff', '0', '4294967294', 'user.name-1', '1user']) {
      expect((await configOf(`USER ${user}`))?.User).toBe(user)
    }
  })

  it('with a number that wraps around, a sign, hex or a blank is refused', async () => {
    for (const user of ['4294967296', '4294967295', '-1', '+0', '0x0', '65534:99999999999', '" 0"', '"0 1"']) {
      expect(await errorOf(`USER ${user}`), user).toMatchObject({ code: 'TSB_USER_RANGE' })
    }
  })
})

describe('LABEL', () => {
  it('names are expanded too, and --label wins over the file without a row', async () => {
    const plan = await planText('FROM scratch\nENV N=n\nLABEL "$N x"=1 b=2\n', { labels: new Map([['b', 'cli']]) })
    expect(plan.image.config.config?.Labels).toEqual({ 'n x': '1', b: 'cli' })
    expect(rowsOf(plan).at(-1)).toBe('LABEL n x=1 b=2')
  })
})

describe('EXPOSE', () => {
  it('is sorted as written, then expanded into words and written out', async () => {
    const plan = await planText('FROM scratch\nENV P="80 443/TCP"\nEXPOSE $P 9-10/udp\n')
    expect(rowsOf(plan).at(-1)).toBe('EXPOSE [80/tcp 443/tcp 9/udp 10/udp]')
    expect(Object.keys(plan.image.config.config?.ExposedPorts ?? {})).toHaveLength(4)
  })

  it('what is no port points at the word', async () => {
    const error = await errorOf('EXPOSE 80 \\\n 70000')
    expect(error).toMatchObject({ code: 'TSB_EXPOSE', message: 'invalid containerPort: 70000' })
    expect(error.at?.start).toEqual({ line: 2, column: 1 })
  })
})

describe('VOLUME', () => {
  it('paths stay as they are written, but for those that climb', async () => {
    expect(Object.keys((await configOf('VOLUME ["/a/", "/b c", "/../../etc"]'))?.Volumes ?? {})).toEqual([
      '/a/',
      '/b c',
      '/etc',
    ])
  })

  it('an empty one is refused', async () => {
    expect(await errorOf('VOLUME $NOPE')).toMatchObject({ message: 'VOLUME specified can not be an empty string' })
  })
})

describe('STOPSIGNAL', () => {
  it('is a name with or without SIG, or a number but 0', async () => {
    for (const signal of ['SIGTERM', 'kill', '9', 'RTMIN+3', 'SIGRTMAX-1']) {
      expect((await configOf(`STOPSIGNAL ${signal}`))?.StopSignal).toBe(signal)
    }
    expect(await errorOf('STOPSIGNAL SIGTREM')).toMatchObject({
      message: 'invalid signal: SIGTREM',
      hint: 'did you mean "SIGTERM"?',
    })
    expect(await errorOf('STOPSIGNAL 0')).toMatchObject({ code: 'TSB_STOPSIGNAL' })
  })
})

describe('HEALTHCHECK', () => {
  it('replaces all of an inherited one, and leaves out what is not given', async () => {
    const inherited = { b: imageConfig({ Healthcheck: { Test: ['CMD', 'x'], Interval: 1e9, Retries: 3 } }) }
    const plan = await planText('FROM b\nHEALTHCHECK --timeout=1m30s CMD y\n', {}, inherited)
    expect(plan.image.config.config?.Healthcheck).toEqual({ Test: ['CMD-SHELL', 'y'], Timeout: 90e9 })
    expect((await planText('FROM b\nHEALTHCHECK NONE\n', {}, inherited)).image.config.config?.Healthcheck).toEqual({
      Test: ['NONE'],
    })
  })
})

describe('the instructions that only change the config', () => {
  it('make no op', async () => {
    const lines =
      'ENV a=1\nLABEL b=2\nEXPOSE 1\nVOLUME /v\nUSER u\nCMD x\nENTRYPOINT y\nSTOPSIGNAL 9\nSHELL ["s"]\nMAINTAINER m\nHEALTHCHECK NONE\nONBUILD RUN x\nARG z\n'
    const plan = await planText(`FROM scratch\n${lines}`)
    expect(plan.nodes.map(({ op }) => op.kind)).toEqual(['scratch'])
    expect(plan.image.history.every(({ layer }) => layer === undefined)).toBe(true)
    expect(plan.image.config.author).toBe('m')
  })

  it('moving them, or a comment, does not change what has to be done', async () => {
    const one = await planText('FROM scratch\nCOPY a /\nLABEL x=1\nEXPOSE 80\nRUN y\n')
    const two = await planText('# hi\nFROM scratch\n\nEXPOSE 81\nCOPY a \\\n  /\nRUN   y\nLABEL x=2\n')
    expect(one.target).toBe(two.target)
  })
})
