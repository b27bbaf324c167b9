/**
 * Makes `dist/`: the command line and the library as bundles that load only what they use, and the types.
 * Run by `npm run build` and, in a fresh checkout, by `npm install`.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

/** CommonJS packages in an ES module ask for Node's modules by `require`. */
const banner = `import { createRequire as bundleRequire } from 'node:module'; const require = bundleRequire(import.meta.url);`

/** commander loads `node:child_process`, several milliseconds of a start, for commands that are programs: we have none. */
const withoutChildProcess: Plugin = {
  name: 'without-child-process',
  setup(bundler) {
    bundler.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes('/node_modules/commander/') ? { path: 'absent', namespace: 'absent' } : undefined,
    )
    bundler.onLoad({ filter: /.*/, namespace: 'absent' }, () => ({ contents: 'export default {}' }))
  },
}

function bundle() {
  return build({
    absWorkingDir: root,
    entryPoints: { cli: 'src/cli/main.ts', index: 'src/index.ts', 'fill-worker': 'src/tree/tar/fill-worker.ts' },
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.18',
    chunkNames: 'chunks/[name]-[hash]',
    // Native code, and a tool that ink only uses while it is developed.
    external: ['koffi', 'react-devtools-core'],
    define: { 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' },
    plugins: [withoutChildProcess],
    banner: { js: banner },
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'linked',
    logLevel: 'warning',
  })
}

/** Types are written as they stand; `npm run typecheck` is what checks them. */
async function declare(): Promise<void> {
  const tsc = fileURLToPath(new URL('../node_modules/.bin/tsc', import.meta.url))
  const child = spawn(tsc, ['-p', 'scripts/tsconfig.types.json', '--noCheck'], { cwd: root, stdio: 'inherit' })
  const [status] = await once(child, 'exit')
  if (status !== 0) throw new Error(`tsc ended with ${status}`)
}

await rm(new URL('../dist', import.meta.url), { recursive: true, force: true })
await Promise.all([bundle(), declare()])
