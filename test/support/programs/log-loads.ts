import { appendFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

// `node --import` this file: writes the URL of each module that is loaded to the file that LOADED names.
const file = process.env['LOADED'] ?? '/dev/null'
registerHooks({
  load(url, context, next) {
    appendFileSync(file, `${url}\n`)
    return next(url, context)
  },
})
