import { formatPlatform, type ImageConfig, normalizePlatform, type Platform } from '../../image/index.ts'
import type { SourceRange } from '../../source.ts'
import { goQuote } from '../go-format.ts'
import type { Warn } from './checks.ts'

/** An image whose config names another system or architecture than was asked for. One without files runs anywhere. */
export function checkBasePlatform(
  name: string,
  config: ImageConfig,
  wanted: Platform,
  at: SourceRange,
  warn: Warn,
): void {
  const { os, architecture, variant, rootfs } = config
  if (rootfs.diff_ids.length === 0 || (os === wanted.os && architecture === wanted.architecture)) return
  const [found, expected] = [{ os, architecture, variant }, wanted].map((platform) =>
    goQuote(formatPlatform(normalizePlatform(platform))),
  )
  const message = `Base image ${name} was pulled with platform ${found}, expected ${expected} for current build`
  warn({ rule: 'InvalidBaseImagePlatform', message, at })
}
