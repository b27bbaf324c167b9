import { expect, test } from 'vitest'
import { normalizeArguments } from '../../../src/cli/flags/normalize.ts'

const switches = ['--no-cache', '--quiet', '--human', '-H', '--rm', '-q']

test.each([
  ['--pull .', '--pull=always .'],
  ['--pull=missing .', '--pull=missing .'],
  ['--pull=true', '--pull=always'],
  ['--pull=false', '--pull=missing'],
  ['--pull=1 --pull=F', '--pull=always --pull=missing'],
  ['--pull=never', '--pull=never'],
  ['--no-cache=true --quiet=1', '--no-cache --quiet'],
  ['--no-cache=false --rm=false .', '.'],
  ['--human=false -H=false', '--no-human --no-human'],
  ['-t=app -f=Dockerfile.prod', '-tapp -fDockerfile.prod'],
  ['--tag=a=b -o type=oci,dest=x', '--tag=a=b -o type=oci,dest=x'],
  ['-q=true .', '-q .'],
  ['--no-cache=maybe', '--no-cache=maybe'],
  ['-- --pull', '-- --pull'],
])('%s is read as %s', (typed, read) => {
  expect(normalizeArguments(typed.split(' '), (flag) => switches.includes(flag)).join(' ')).toBe(read)
})
