import { createRequire } from 'node:module'

// The command line as it is shipped: `test/support/bundled.ts` has made the bundle of the sources.
createRequire(import.meta.url)('../../../dist/cli.cjs').main()
