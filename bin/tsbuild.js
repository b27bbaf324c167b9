#!/usr/bin/env node
// Plain and old on purpose: a Node that cannot run tsbuild must still be able to read this file and say so. CommonJS, by the
// package.json beside it, since Node starts with it sooner.
var needed = [22, 18]
var found = process.versions.node.split('.').map(Number)
// Node's own choice for compiled code is below /tmp, where other users could put code for us to run.
var caches = process.env.XDG_CACHE_HOME || (process.env.HOME && `${process.env.HOME}/.cache`)
// The home of a CI job is thrown away after it: nothing is added to it.
var adds = Boolean(!process.env.CI || process.env.NODE_COMPILE_CACHE)

if (found[0] < needed[0] || (found[0] === needed[0] && found[1] < needed[1])) {
  console.error(
    `tsbuild needs Node.js ${needed.join('.')} or newer, this is ${process.versions.node}: get one from https://nodejs.org, or run it as: npx -y node@24 ${process.argv[1]}`,
  )
  process.exit(1)
} else {
  if (process.env.NODE_DISABLE_COMPILE_CACHE) caches = undefined
  else if (process.env.NODE_COMPILE_CACHE) caches = process.env.NODE_COMPILE_CACHE
  else if (caches) caches = `${caches}/tsbuild/compiled`
  if (caches && adds) require('node:module').enableCompileCache(caches)
  // The bundle, or in a fresh checkout the sources.
  if (require('node:fs').existsSync(`${__dirname}/../dist/start.cjs`)) require('../dist/start.cjs').start(caches, adds)
  else import('../src/cli/main.ts').then((cli) => cli.main())
}
