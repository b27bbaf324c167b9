import { expect, test } from 'vitest'
import { parse } from '../../src/parser/index.ts'
import { wantedFirst } from '../../src/planner/index.ts'
import { planRequest } from '../support/planning.ts'

const text = [
  'ARG BASE=debian:12',
  'FROM other AS unneeded',
  'COPY unneeded /',
  'FROM $BASE AS build',
  'COPY --from=tools /bin /bin',
  'COPY package.json pack*.json /app/',
  'COPY src ./src',
  'COPY --chown=1 $A /x',
  'COPY --exclude=secret* . /without',
  'COPY --parents a/./b /parents',
  'ADD archive.tar https://example.test/x?y git@example.test:x /added/',
  'FROM scratch',
  'COPY --from=build /app /app',
  'COPY src /src',
].join('\n')

test('what is asked for first: images of the target, and paths in the context that are as they are written', () => {
  const { images, sources } = wantedFirst(parse({ name: 'Dockerfile', text }), planRequest())
  expect(images.map(({ reference }) => reference).sort()).toEqual(['debian:12', 'tools'])
  expect([...sources].sort()).toEqual(['archive.tar', 'pack*.json', 'package.json', 'src'])
})

test('of another target', () => {
  const { images, sources } = wantedFirst(parse({ name: 'Dockerfile', text }), planRequest({ target: 'unneeded' }))
  expect({ images: images.map(({ reference }) => reference), sources }).toEqual({
    images: ['other'],
    sources: ['unneeded'],
  })
})
