#!/usr/bin/env node
// Plain and old on purpose: a Node that cannot run tsbuild must still be able to read this file and say so.
var needed = [22, 18]
var found = process.versions.node.split('.').map(Number)

if (found[0] < needed[0] || (found[0] === needed[0] && found[1] < needed[1])) {
  console.error(
    `tsbuild needs Node.js ${needed.join('.')} or newer, this is ${process.versions.node}: get one from https://nodejs.org, or run it as: npx -y node@24 ${process.argv[1]}`,
  )
  process.exit(1)
} else {
  import('node:module')
    .then((module) => {
      // Node's own choice is below /tmp, where other users could put code for us to run.
      var caches = process.env.XDG_CACHE_HOME || (process.env.HOME && `${process.env.HOME}/.cache`)
      if (process.env.NODE_COMPILE_CACHE) module.enableCompileCache()
      else if (caches) module.enableCompileCache(`${caches}/tsbuild/compiled`)
      return import('node:fs')
    })
    .then((fs) => {
      // The bundle, or in a fresh checkout the sources.
      var bundle = new URL('../dist/cli.js', import.meta.url)
      return import(fs.existsSync(bundle) ? bundle.href : new URL('../src/cli/main.ts', import.meta.url).href)
    })
    .then((cli) => cli.main())
}
