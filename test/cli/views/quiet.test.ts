import { expect, test } from 'vitest'
import { quietView } from '../../../src/cli/views/quiet.ts'

test('tells of steps that nothing shuts in, and of nothing harmless', async () => {
  let text = ''
  const view = quietView((piece) => {
    text += piece
  })
  view.event({ type: 'notice', at: 1, message: 'no user named nobody, using 0' })
  view.event({ type: 'notice', at: 2, message: 'RUN STEPS ARE NOT ISOLATED\nat all', serious: true })
  await view.close([])
  expect(text).toBe('WARNING: RUN STEPS ARE NOT ISOLATED at all\n')
})
