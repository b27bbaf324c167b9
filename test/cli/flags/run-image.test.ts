import { Option } from 'commander'
import { expect, test } from 'vitest'
import { readErrorOutput } from '../../../src/cli/flags/error-output.ts'
import { type RunImageFlags, runImageOptions } from '../../../src/cli/flags/run-image.ts'
import { withTrailingCommand } from '../../../src/cli/flags/trailing-command.ts'

const flags: RunImageFlags = {
  env: [],
  envFile: [],
  volume: [],
  mount: [],
  tmpfs: [],
  addHost: [],
  ulimit: [],
  securityOpt: [],
  limit: [],
  resource: [],
  registryMirror: [],
  registryAllow: [],
  insecureRegistry: [],
}

test('what stands after the image is the command, whatever it looks like', () => {
  const options = ['-i', '-t', '-w, --workdir <path>', '-e, --env <x>', '-v, --volume <x>'].map(
    (text) => new Option(text),
  )
  const split = (line: string) => withTrailingCommand(line.split(' '), 'run', options).join(' ')
  expect(split('run -it -w /x app ls -it')).toBe('run -it -w /x -- app ls -it')
  expect(split('--root s run -itw /x app -v')).toBe('--root s run -itw /x -- app -v')
  expect(split('run --env=A app -e B')).toBe('run --env=A -- app -e B')
  expect(split('run --env A -v a:/b app')).toBe('run --env A --volume a:/b -- app')
  expect(split('run -itv./a:/b app')).toBe('run -it --volume=./a:/b -- app')
  expect(split('run -- app x')).toBe('run -- app x')
})

test('volumes and mounts are folders of this machine, or memory', () => {
  const mounts = (given: Partial<RunImageFlags>) => runImageOptions({ ...flags, ...given }, {}).mounts
  expect(mounts({ volume: ['./a:/b', '/c:/d:ro'], mount: ['type=bind,src=e,dst=/f,readonly'], tmpfs: ['/g'] })).toEqual(
    [
      { source: './a', target: '/b' },
      { source: '/c', target: '/d', readOnly: true },
      { source: 'e', target: '/f', readOnly: true },
      { target: '/g' },
    ],
  )
  for (const volume of ['data:/x', '/only', './a:/b:odd', './a:/b:ro:more']) {
    expect(() => mounts({ volume: [volume] })).toThrow(expect.objectContaining({ code: 'TSB_FLAG' }))
  }
  for (const mount of ['type=volume,src=a,dst=/b', 'type=bind,dst=/b', 'type=tmpfs,src=a,dst=/b']) {
    expect(() => mounts({ mount: [mount] })).toThrow(expect.objectContaining({ code: 'TSB_FLAG' }))
  }
})

test('--on-error-output needs a place, and a directory of its own', () => {
  expect(readErrorOutput('dest=out,from=/r')).toEqual({ type: 'local', dest: 'out', from: '/r' })
  expect(readErrorOutput('type=tar,dest=-')).toEqual({ type: 'tar', dest: '-' })
  expect(readErrorOutput('out')).toEqual({ type: 'local', dest: 'out' })
  expect(readErrorOutput('-')).toEqual({ type: 'tar', dest: '-' })
  for (const text of ['', 'out,from=/r', 'type=oci,dest=x', 'type=tar', 'type=local,dest=-', 'dest=x,form=/r']) {
    expect(() => readErrorOutput(text)).toThrow(expect.objectContaining({ code: 'TSB_FLAG' }))
  }
})
