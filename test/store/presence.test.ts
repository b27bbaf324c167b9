import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { describe, expect, it } from 'vitest'
import { openStore } from '../../src/store/index.ts'
import { openPresence } from '../../src/store/presence.ts'
import { scratch } from '../support/scratch.ts'

const minutes = 60_000

describe('a store that is closed for a while', () => {
  it('knows whether somebody has it open, also one who has written nothing', async () => {
    const root = await scratch()
    const [own, other] = [
      await openStore(root, { now: Date.now, unseen: true }),
      await openStore(root, { now: Date.now }),
    ]
    expect(await own.whileClosed(async (since) => since)).toBeLessThan(Date.now() - 9 * minutes)
    await other.close()
    expect(await own.whileClosed(async (since) => since)).toBeUndefined()
  })

  it('is open to who asks whether somebody else has it', async () => {
    const place = join(await scratch(), 'visitors')
    const [own, other] = [openPresence(place), openPresence(place)]
    const [leave, leaveOther] = [own.enter(), other.enter()]
    expect([own.isAnybodyElseHere(), other.isAnybodyElseHere()]).toEqual([true, true])
    leaveOther()
    expect([own.isAnybodyElseHere(), own.isAnybodyHere(), other.isAnybodyElseHere()]).toEqual([false, true, true])
    leave()
    expect(other.isAnybodyElseHere()).toBe(false)
  })

  it('says since when others may be there: ten minutes before the first of them wrote something', async () => {
    const root = await scratch()
    const now = Date.now() + 100 * minutes
    const [own, other] = [
      await openStore(root, { now: () => now, unseen: true }),
      await openStore(root, { now: Date.now }),
    ]
    await other.temporary('work')
    const since = await own.whileClosed(async (found) => found)
    expect(Math.abs((since ?? 0) - (now - 110 * minutes))).toBeLessThan(minutes)
    await other.close()
  })

  it('lets those who come wait, and they have it open then', async () => {
    const root = await scratch()
    const own = await openStore(root, { now: Date.now, unseen: true })
    const order: string[] = []
    let coming: Promise<unknown> | undefined
    await own.whileClosed(async () => {
      coming = openStore(root, { now: Date.now }).then(() => order.push('opened'))
      await new Promise((done) => setTimeout(done, 200))
      order.push('over')
    })
    await coming
    expect(order).toEqual(['over', 'opened'])
    expect(await own.whileClosed(async (since) => since)).toBeDefined()
  })

  it('forgets who was killed', async () => {
    const root = await scratch()
    const own = await openStore(root, { now: Date.now, unseen: true })
    const isOpen = async () => (await own.whileClosed(async (since) => since)) !== undefined
    await isOpen() // makes the place
    const program = `process.stdin.resume(); fs.openSync(process.argv[1], fs.constants.O_NONBLOCK); console.log('open')`
    const holder = spawn(execPath, ['-e', program, join(root, 'visitors')], { stdio: ['pipe', 'pipe', 'inherit'] })
    await once(holder.stdout, 'data')
    expect(await isOpen()).toBe(true)
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    expect(await isOpen()).toBe(false)
  })

  it('counts on nobody being away where that cannot be known', async () => {
    const root = await scratch()
    const own = await openStore(root, { now: Date.now, unseen: true })
    writeFileSync(join(root, 'visitors'), '')
    expect(await own.whileClosed(async (since) => since)).toBeDefined()
  })
})
