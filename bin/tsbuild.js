#!/usr/bin/env node
// Plain and old on purpose: a Node that cannot run tsbuild must still be able to read this file and say so. CommonJS, by the
// package.json beside it, since Node starts with it sooner.
var needed = [22, 18]
var found = process.versions.node.split('.').map(Number)

if (found[0] < needed[0] || (found[0] === needed[0] && found[1] < needed[1])) {
  console.error(
    `tsbuild needs Node.js ${needed.join('.')} or newer, this is ${process.versions.node}: get one from https://nodejs.org, or run it as: npx -y node@24 ${process.argv[1]}`,
  )
  process.exit(1)
} else {
  // The bundle, or in a fresh checkout the sources.
  if (require('node:fs').existsSync(`${__dirname}/../dist/start.cjs`)) require('../dist/start.cjs').start()
  else import('../src/cli/main.ts').then((cli) => cli.main())
}
