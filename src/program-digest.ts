/** Put in by the bundler: a digest of all that this program is made of. */
declare const TSBUILD_PROGRAM: string | undefined

/** Tells one version of the program from any other; undefined for sources that run as they are, and change at any time. */
export const programDigest: string | undefined = typeof TSBUILD_PROGRAM === 'string' ? TSBUILD_PROGRAM : undefined
