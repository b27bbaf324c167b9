import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkPlan, printPlan } from '../../src/graph/index.ts'
import { imageConfig, planText } from '../support/planning.ts'

const fixtures = resolve(import.meta.dirname, '../../fixtures/dockerfiles')
const names = readdirSync(fixtures).filter((name) => !name.startsWith('error-'))

/** Stands for every image of the fixtures: what is planned hangs on its config, not on its files. */
const image = imageConfig({ Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['sh'] })
const images = { busybox: image, 'debian:bookworm': image, 'demo-base': image, 'node:24': image }

describe('a Dockerfile of the fixtures is planned as its plan.txt says', () => {
  for (const name of names) {
    const file = resolve(fixtures, name, 'Dockerfile')
    it.runIf(existsSync(file))(name, async () => {
      const plan = await planText(readFileSync(file, 'utf8'), {}, images)
      checkPlan(plan)
      await expect(printPlan(plan)).toMatchFileSnapshot(resolve(fixtures, name, 'plan.txt'))
    })
  }
})
