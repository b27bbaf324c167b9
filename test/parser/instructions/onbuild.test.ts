import { expect, test } from 'vitest'
import { readFirst } from '../first-instruction.ts'

test.each([
  ['ONBUILD  RUN x', 'RUN x'],
  ['ONBUILD \\\n  RUN x', 'RUN x'],
  ['ONBUILD RUN x \\\n\n', 'RUN x '],
  ['ONBUILD -- RUN x', '-- RUN x'],
  ['ONBUILD RUN <<A\n\t1\nA\n', 'RUN <<A\n\t1\nA'],
])('%j is kept as all that stands behind the keyword', (text, trigger) => {
  expect(readFirst(text)).toMatchObject({ kind: 'onbuild', trigger })
})
