import { readFileSync } from 'node:fs'
import { enterUserNamespace } from '../../../src/cli/namespace.ts'

// Enters a user namespace as the command line does, and says where it is.
const command = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
const started = process.env['STARTED'] ?? String(process.pid)
const env = { ...process.env, STARTED: started }
const entered = enterUserNamespace({ command, env, uid: process.getuid?.() ?? 0, root: '/store of user' })
const map = readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/).map(Number)
const words = process.argv.slice(2)
const samePid = started === String(process.pid)
const found = { ...entered, uid: process.getuid?.(), map, words, root: process.env['TSBUILD_ROOT'], samePid }
process.stdout.write(JSON.stringify(found))
process.exitCode = 7
