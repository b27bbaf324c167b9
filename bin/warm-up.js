// After an installation: what `src/cli/start/warm-up.ts` says. There is nothing to start in a fresh checkout, or with an old Node.
// Whatever fails, the program is installed, and only its first start is slower.
var file = `${__dirname}/../dist/warm-up.cjs`

if (!process.env.NODE_DISABLE_COMPILE_CACHE && require('node:fs').existsSync(file)) {
  try {
    require(file)
      .warmUp()
      .catch(() => {})
  } catch {}
}
