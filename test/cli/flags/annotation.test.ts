import { describe, expect, test } from 'vitest'
import { readAnnotation, readAnnotationKey } from '../../../src/cli/flags/annotation.ts'
import { readOutput } from '../../../src/cli/flags/output.ts'

describe('--annotation', () => {
  test.each([
    ['a.b=c', [{ on: 'manifest', name: 'a.b', value: 'c' }]],
    ['a=b=c:d', [{ on: 'manifest', name: 'a', value: 'b=c:d' }]],
    ['manifest:a=b', [{ on: 'manifest', name: 'a', value: 'b' }]],
    ['index:a=b', [{ on: 'index', name: 'a', value: 'b' }]],
    ['manifest-descriptor:a=', [{ on: 'manifest-descriptor', name: 'a', value: '' }]],
    ['manifest[linux/arm64]:a=b', [{ on: 'manifest', platform: 'linux/arm64', name: 'a', value: 'b' }]],
    [
      'manifest,manifest-descriptor[linux/arm/v7]:a=b',
      [
        { on: 'manifest', name: 'a', value: 'b' },
        { on: 'manifest-descriptor', platform: 'linux/arm/v7', name: 'a', value: 'b' },
      ],
    ],
  ])('%s', (text, annotations) => {
    expect(readAnnotation(text)).toEqual(annotations)
  })

  test.each([
    ['a', 'invalid annotation "a", expected key=value'],
    ['=a', 'the name is missing'],
    ['manifest:=a', 'the name is missing'],
    ['manifests:a=b', 'unknown annotation type "manifests"'],
    ['manifest[linux:a=b', 'unknown annotation type "manifest[linux"'],
  ])('%s is refused', (text, message) => {
    expect(() => readAnnotation(text)).toThrow(message)
  })
})

describe('keys of -o', () => {
  test.each([
    ['annotation.a.B', { on: 'manifest', name: 'a.B', value: 'v' }],
    ['annotation-index.a', { on: 'index', name: 'a', value: 'v' }],
    ['annotation[linux/amd64].a', { on: 'manifest', platform: 'linux/amd64', name: 'a', value: 'v' }],
    [
      'annotation-manifest-descriptor[linux/arm/v7].a',
      { on: 'manifest-descriptor', platform: 'linux/arm/v7', name: 'a', value: 'v' },
    ],
    ['annotations.a', undefined],
    ['dest', undefined],
  ])('%s', (key, annotation) => {
    expect(readAnnotationKey(key, 'v')).toEqual(annotation)
  })

  test('belong to their output', () => {
    const annotations = [{ on: 'manifest', name: 'a.B', value: '1' }]
    expect(readOutput('type=oci,dest=x,annotation.a.B=1')).toMatchObject({ dest: 'x', annotations })
    expect(readOutput('type=image,annotation.a.B=1')).toMatchObject({ type: 'image', annotations })
  })
})
