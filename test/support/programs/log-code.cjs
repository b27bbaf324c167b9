// Loaded with `node -r`: writes to the file LOADED which bundles were started with code that was kept, and whether V8 took it.
const fs = require('node:fs')
const path = require('node:path')
const vm = require('node:vm')

vm.Script = class extends vm.Script {
  constructor(source, options) {
    super(source, options)
    const how = options.cachedData ? (this.cachedDataRejected ? 'refused' : 'taken') : 'none'
    fs.appendFileSync(process.env.LOADED, `${path.basename(options.filename)} ${how}\n`)
  }
}
