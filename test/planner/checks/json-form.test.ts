import { describe, expect, test } from 'vitest'
import { looksLikeJson } from '../../../src/planner/checks/json-form.ts'
import { planText } from '../../support/planning.ts'

describe('what looks like the JSON form', () => {
  const meant = [
    "['npm', 'start']",
    "[ 'npm', 'start' ]",
    '["npm", "start",]',
    '["npm", "start"',
    '["npm" "start"]',
    '[ "npm" , "start" , ]',
    '[“npm”, “start”]',
    '[npm, start]',
    '[npm,start]',
    '["npm", start]',
  ]
  for (const text of meant) test(`is ${text}`, () => expect(looksLikeJson(text)).toBe(true))
})

describe('what is a shell command in brackets', () => {
  const shell = [
    '[ -f x ] && y',
    '[ -f x ]',
    '[ "$a" = b ]',
    '[ "$a" = "b,c" ]',
    "[ 'a' = 'b' ] || exit 1",
    '[ "a" ]',
    '[ -z "$x", ]',
    '[[ $a == b ]] && c',
    '[[ "$a", ]]',
    '[ "$#" -gt 0 ] && set -- "a", "b"',
    "[Environment]::SetEnvironmentVariable('a', 'b')",
    '[Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12',
    '[x]',
    '[a-z]*',
    '[a,b]*.txt /x',
    '',
  ]
  for (const text of shell) test(`is ${text}`, () => expect(looksLikeJson(text)).toBe(false))
})

test('a text of hostile length is looked at in no time', () => {
  for (const text of [`[ "a",${' '.repeat(9000)}x`, `[${'a,'.repeat(4900)}`, `[ ${'"a",'.repeat(2400)}`]) {
    expect(looksLikeJson(text)).toBe(false)
  }
})

test.each([
  ['RUN', "['a', 'b']", 'a shell command'],
  ['CMD', '["a", "b",]', 'a shell command'],
  ['ENTRYPOINT', '["a" "b"]', 'a shell command'],
  ['HEALTHCHECK', "CMD ['a', 'b']", 'a shell command'],
  ['COPY', "['a', 'b', '/x/']", 'words parted by blanks'],
  ['ADD', '["a", "b", /x/]', 'words parted by blanks'],
  ['VOLUME', "['/a', '/b']", 'words parted by blanks'],
])('%s %s is told to be taken for %s', async (keyword, list, taken) => {
  const { warnings } = await planText(`FROM scratch\n${keyword} ${list}\n`)
  const [warning] = warnings.filter(({ rule }) => rule === 'tsbuild/JSONFormFallback')
  expect(warning?.message).toMatch(new RegExp(`is not valid JSON, and is taken for ${taken}$`))
})

test.each(['RUN ["a", "b"]', 'CMD []', 'COPY ["a", "/x"]', 'RUN [ -f x ] && y', 'RUN <<E\n["a",\nE', 'VOLUME /a'])(
  '%j is not told of',
  async (line) => {
    const { warnings } = await planText(`FROM scratch\n${line}\n`)
    expect(warnings.filter(({ rule }) => rule === 'tsbuild/JSONFormFallback')).toEqual([])
  },
)
