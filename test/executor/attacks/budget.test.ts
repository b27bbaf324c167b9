import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { forms, noAttacks, openTarget, type Target } from '../../support/attacks.ts'

describe.skipIf(noAttacks !== '')(`what a step leaves (${noAttacks || 'on busybox'})`, () => {
  let target: Target
  beforeAll(async () => {
    target = await openTarget()
    return () => target[Symbol.asyncDispose]()
  })

  it.each(forms)('D35: a file of 257 GiB is refused before it is read: $runtime, $snapshotter', async (form) => {
    const { code, log } = await target.build('FROM base\nRUN echo $U; truncate -s 257G /big\n', form)
    expect({ code, log }).toEqual({ code: 'TSB_LAYER_BUDGET', log: expect.stringMatching(/^build-\d+\n$/) })
    expect(readdirSync(join(target.directory, 'store/tmp'))).toEqual([])
  })
})
