import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { draw, reportPage, type StepLog } from '../../src/report/index.ts'
import { hasChromium, noChromium, openChromium } from '../support/chromium.ts'
import { failedRecord, hostile, hostileLog, serviceRecord } from './record.ts'

const directory = mkdtempSync(join(tmpdir(), 'tsbuild-page-'))
const log = (text: string): StepLog => ({ head: text, tail: '', left: 0, file: '/store/builds/12/8.log' })
const logs = new Map([
  [8, log('added 412 packages\n')],
  [9, { ...log('first\n'), tail: 'last\n', left: 123_456 }],
  [11, log(hostileLog)],
])
const allColours = Array.from({ length: 16 }, (_, i) => `\x1b[${i < 8 ? 30 + i : 82 + i}mcolour ${i}\x1b[0m`).join('\n')
const pages = {
  built: reportPage(serviceRecord, new Map(logs).set(11, log(`${allColours}\n\x1b[2mfaint\x1b[0m\n`))),
  failed: reportPage(failedRecord, logs),
  graph: draw(
    { nodes: [{ id: 'a', label: `[1/1] RUN ${hostile}`, note: hostile, tone: 'unknown', inputs: [] }] },
    'html',
    hostile,
  ),
}
const inPage = readFileSync(join(import.meta.dirname, 'in-page.js'), 'utf8').replace(/;\s*$/, '')

/** Asks the page: see `in-page.js`. */
function ask<T>(page: Page, question: string): Promise<T> {
  return page.evaluate(`(${inPage.slice(inPage.indexOf('(() =>'))}).${question}`)
}

type Name = keyof typeof pages
const names = Object.keys(pages) as readonly Name[]

describe.skipIf(!hasChromium)(hasChromium ? 'a report in a browser' : noChromium, () => {
  let browser: Browser
  const opened = new Map<Name, Page>()
  const asked: string[] = []
  const complaints: string[] = []
  beforeAll(async () => {
    browser = await openChromium()
    const context = await browser.newContext({ colorScheme: 'dark' })
    for (const name of names) opened.set(name, await open(context, name))
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    rmSync(directory, { recursive: true, force: true })
  })

  async function open(context: BrowserContext, name: Name): Promise<Page> {
    const file = join(directory, `${name}.html`)
    writeFileSync(file, pages[name])
    const page = await context.newPage()
    page.on('request', (request) => void asked.push(request.url()))
    page.on('console', (message) => void complaints.push(message.text()))
    page.on('pageerror', (error) => void complaints.push(error.message))
    await page.goto(pathToFileURL(file).href)
    return page
  }

  function pageOf(name: Name): Page {
    const page = opened.get(name)
    if (!page) throw new Error(`${name} is not open`)
    return page
  }

  test('a failed step is open and its log is shown; all others are closed', async () => {
    const page = pageOf('failed')
    expect(await page.locator('.step:has([open])').count()).toBe(1)
    expect(await page.locator('.step.error .log').isVisible()).toBe(true)
    expect(await pageOf('built').locator('.step:has([open])').count()).toBe(0)
  })

  test('the keyboard comes to all that can be used, in order, opens a step and changes what is shown', async () => {
    const page = pageOf('built')
    const stops = await ask<string[]>(page, 'stops()')
    const reached: string[] = []
    for (let i = 0; i < stops.length; i++) {
      await page.keyboard.press('Tab')
      reached.push(await ask<string>(page, 'focused()'))
    }
    expect(reached).toEqual(stops)
    const row = page.locator('.step', { hasText: 'npm ci' })
    await row.locator('summary').focus()
    await page.keyboard.press('Enter')
    expect(await row.locator('.log').innerText()).toBe('added 412 packages\n')
    await page.locator('#show-all').focus()
    await page.keyboard.press('ArrowRight')
    expect(await page.locator('.step.cached').first().isVisible()).toBe(false)
    expect(await row.isVisible()).toBe(true)
    await page.keyboard.press('ArrowLeft')
  })

  test('a box of the graph leads to its step and opens it', async () => {
    const page = pageOf('built')
    await page.locator('.graph a[href="#s9"]').focus()
    await page.keyboard.press('Enter')
    const words = '123 kB are left out here; all of it is in /store/builds/12/8.log'
    expect(await page.locator('#s9').innerText()).toContain(words)
  })

  test('what a build brings along is shown as text: no markup of it, no script, no command of a terminal', async () => {
    for (const name of ['failed', 'graph'] as const) {
      const page = pageOf(name)
      const found = await page.evaluate('[typeof window.ran, document.scripts.length, document.images.length]')
      expect(found).toEqual(['undefined', 0, 0])
      expect(await page.title()).toContain('</pre></style><script>window.ran = 1</script>')
    }
    const log = pageOf('failed').locator('.step.error .log')
    expect(await log.innerText()).toContain(`added 412 packages\n100%\n${hostile.replace('\u202e', '<U+202E>')}`)
    expect(await log.locator('.c2').innerText()).toBe('added')
  })

  test.each(names)('%s: every text can be read in both themes, and the switch chooses', async (name) => {
    const page = pageOf(name)
    await ask(page, 'openAll()')
    expect(await ask<number>(page, 'ground()')).toBeLessThan(50)
    expect(await ask<number>(page, 'textElements()')).toBeGreaterThan(5)
    expect(await ask(page, 'hardToRead()')).toEqual([])
    await page.locator('#theme-light').focus()
    await page.keyboard.press('Space')
    expect(await ask<number>(page, 'ground()')).toBeGreaterThan(200)
    expect(await ask(page, 'hardToRead()')).toEqual([])
  })

  test.each(names)(
    '%s: parts have names, ids are there once, links lead somewhere, headings are in order',
    async (name) => {
      const page = pageOf(name)
      expect(await ask(page, 'unnamed()')).toEqual([])
      expect(await ask(page, 'sameIds()')).toEqual([])
      expect(await ask(page, 'deadLinks()')).toEqual([])
      expect(await ask(page, 'headings()')).toMatch(/^H1( H2)+$/)
    },
  )

  test.each(names)('%s: 400 pixels are wide enough, with all that can be opened open', async (name) => {
    const page = pageOf(name)
    await page.setViewportSize({ width: 400, height: 800 })
    expect(await ask(page, 'width()')).toBe(400)
  })

  test('nothing was asked of a network, and the browser had nothing to complain of', () => {
    const own = names.map((name) => pathToFileURL(join(directory, `${name}.html`)).href)
    expect(asked.filter((url) => !own.includes(url.split('#')[0] ?? '') && !url.startsWith('data:'))).toEqual([])
    expect(asked.length).toBeGreaterThanOrEqual(names.length)
    expect(complaints).toEqual([])
  })
})
