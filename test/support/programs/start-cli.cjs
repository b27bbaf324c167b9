// The command line as it is shipped: `test/support/bundled.ts` has made the bundle of the sources. Its compiled code is kept,
// as bin/tsbuild.js does it, beside the packages and not where a test looks: a start costs half without compiling.
const path = require('node:path')

const root = path.join(__dirname, '../../..')
const own = path.join(root, 'node_modules/.cache/tsbuild-tests')
require(path.join(root, 'dist/start.cjs')).start({ own, installed: false })
