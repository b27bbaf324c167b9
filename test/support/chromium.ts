import { getuid } from 'node:process'
import { type Browser, chromium } from 'playwright-core'
import { hasProgram } from './programs.ts'

export const hasChromium = hasProgram('chromium')
export const noChromium = 'needs chromium (apt-get install chromium)'

/** A real browser, without a window. As root it has no sandbox of its own: what it opens is ours. */
export function openChromium(): Promise<Browser> {
  const args = getuid?.() === 0 ? ['--no-sandbox'] : []
  return chromium.launch({ executablePath: '/usr/bin/chromium', args })
}
