// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are Dockerfiles
import { expect, it } from 'vitest'
import { parse } from '../../../src/parser/index.ts'
import { targets } from '../../../src/planner/outline/targets.ts'

function targetsOf(text: string) {
  return targets(parse({ name: 'Dockerfile', text })).map(({ at, ...target }) => ({
    ...target,
    line: at.start.line + 1,
  }))
}

it('targets are the stages in order, names in lower case, with what their comments say; the last one is the default', () => {
  const text = [
    'ARG VERSION=22',
    '# build compiles it',
    'FROM --platform=$BUILDPLATFORM node:${VERSION} AS Build',
    'FROM scratch',
    '# this says nothing of a name',
    'FROM build AS release',
  ]
  expect(targetsOf(text.join('\n'))).toEqual([
    {
      name: 'build',
      default: false,
      description: 'compiles it',
      base: 'node:${VERSION}',
      platform: '$BUILDPLATFORM',
      line: 3,
    },
    { default: false, base: 'scratch', line: 4 },
    { name: 'release', default: true, base: 'build', line: 6 },
  ])
})
