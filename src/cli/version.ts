import { createRequire } from 'node:module'

/** Put in by the bundler, so that a start does not look for a file. */
declare const TSBUILD_VERSION: string | undefined

/** The version of this package. */
export function version(): string {
  if (typeof TSBUILD_VERSION === 'string') return TSBUILD_VERSION
  const { version } = createRequire(import.meta.url)('tsbuild/package.json') as { readonly version: string }
  return version
}
