/**
 * Makes `dist/`: the command line and the library as bundles that load only what they use, the types and the manual page.
 * Run by `npm run build` and, in a fresh checkout, by `npm install`.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build, type Plugin, transform } from 'esbuild'
import { straightImports } from './front-doors.ts'
import { manPage } from './man-page.ts'
import { loadedWith, merged, withLateBuiltins } from './pieces.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = path.join(root, 'dist')
const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as { readonly version: string }

/**
 * What packages import and we never use: commander loads `node:child_process`, several milliseconds of a start, for commands
 * that are programs; ink a tool for its own development.
 */
const withoutUnused: Plugin = {
  name: 'without-unused',
  setup(bundler) {
    bundler.onResolve({ filter: /^(node:child_process|react-devtools-core)$/ }, ({ importer }) =>
      /\/node_modules\/(commander|ink)\//.test(importer) ? { path: 'absent', namespace: 'absent' } : undefined,
    )
    bundler.onLoad({ filter: /.*/, namespace: 'absent' }, () => ({ contents: 'export default {}' }))
  },
}

/** What draws on a terminal, by the name of its bundle. */
const terminalViews = {
  'screen-tty': 'src/cli/views/screen-tty.ts',
  'explore-tty': 'src/cli/explore/explore-tty.ts',
} as const

/**
 * Bundles of their own: what draws, since ink is a module that waits while it loads, which no CommonJS can be; and
 * dockerfile-ast, which is asked for in the middle of synchronous work. Their places are put in by `commonJs`.
 */
const ownBundles: Plugin = {
  name: 'own-bundles',
  setup(bundler) {
    bundler.onResolve({ filter: /\/(screen|explore)-tty\.ts$/ }, ({ path: file }) => ({
      path: `./${path.basename(file, '.ts')}.js`,
      external: true,
    }))
    bundler.onLoad({ filter: /\/parser\/flag-places\.ts$/ }, async ({ path: file }) => ({
      contents: (await readFile(file, 'utf8')).replace(
        "createRequire(import.meta.url)('dockerfile-ast')",
        placeholders.dockerfileAst,
      ),
      loader: 'ts',
    }))
  },
}

const placeholders = { terminalView: 'importTerminalView', dockerfileAst: 'requireDockerfileAst()' } as const

const common = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node22.18',
  // Native code.
  external: ['koffi'],
  define: { 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' },
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'linked',
  logLevel: 'warning',
} as const satisfies BuildOptions

/** Sources whose pieces are in one file: what every command loads, a cached build beside it, and others beside that. */
const loadedTogether = {
  'cli.cjs': ['src/cli/main.ts'],
  'building.cjs': ['src/cli/commands/build.ts', 'src/library/build.ts', 'node_modules/xxhash-wasm/esm/xxhash-wasm.js'],
  'documents.cjs': ['src/image/schemas.ts'],
  'planning.cjs': ['src/plan-image.ts'],
  'running.cjs': [
    'src/executor/ops/run-step.ts',
    'src/executor/sandbox/open.ts',
    'src/executor/rootfs/open.ts',
    'src/executor/ops/copied-changes.ts',
    'src/executor/ops/made-directory.ts',
    'src/cache/write-layer.ts',
    'src/cache/layer-forms.ts',
    'src/cache/layer-index.ts',
    'src/cache/index-file/write.ts',
    'src/library/image-growth.ts',
  ],
  'asking.cjs': [
    'src/http/index.ts',
    'src/registry/index.ts',
    'src/credentials/index.ts',
    'src/library/ask-ahead.ts',
    'src/library/shared-cache.ts',
    'src/shared-cache/schema.ts',
  ],
  'looking.cjs': [
    'src/builds/schema.ts',
    'src/cli/commands/builds.ts',
    'src/cli/commands/du.ts',
    'src/cli/commands/history.ts',
    'src/cli/commands/plan.ts',
    'src/cli/commands/why.ts',
    'src/library/builds.ts',
    'src/library/context/advice.ts',
    'src/library/forecast.ts',
    'src/library/history.ts',
    'src/library/plan.ts',
    'src/library/usage.ts',
    'src/store/held-images.ts',
  ],
  'images.cjs': [
    'src/cli/commands/images.ts',
    'src/cli/commands/registry.ts',
    'src/library/images.ts',
    'src/library/push.ts',
    'src/library/registry-commands.ts',
  ],
} as const

/** CommonJS packages in an ES module ask for Node's modules by `require`. */
const requireBanner = `import { createRequire as bundleRequire } from 'node:module'; const require = bundleRequire(import.meta.url);`

/** They share ink and react. */
function bundleTerminalViews() {
  return build({
    ...common,
    entryPoints: terminalViews,
    outdir: 'dist',
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    // Yoga asks for the bytes that it carries by `fetch` where there is one, and Node loads a client for HTTP then: 0.1 s.
    define: { ...common.define, fetch: 'undefined' },
    plugins: [withoutUnused, straightImports],
    banner: { js: requireBanner },
  })
}

function bundleDockerfileAst() {
  return build({
    ...common,
    entryPoints: { 'dockerfile-ast': 'dockerfile-ast' },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
  })
}

/**
 * What shares no piece with the program: the second thread of whoever writes a layer, which has to start at once, and what is run
 * once after an installation.
 */
function bundleLoners() {
  return build({
    ...common,
    entryPoints: { 'fill-worker': 'src/tree/tar/fill-worker.ts', 'warm-up': 'src/cli/start/warm-up.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
  })
}

/** What starts the command line: it loads the bundles itself, with the code that V8 made of them before (decision 0055). */
function bundleStart(bundles: readonly string[], texts: string) {
  return build({
    ...common,
    entryPoints: { start: 'src/cli/start/start.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    define: {
      ...common.define,
      TSBUILD_BUNDLES: JSON.stringify(bundles),
      TSBUILD_BUNDLES_DIGEST: JSON.stringify(sha256(texts)),
    },
  })
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/**
 * The command line and the library, cut into pieces that are loaded when they are used. The bundler cuts ES modules alone;
 * each piece then becomes CommonJS, which Node starts with sooner, and those of a cached build become one file (decision 0023).
 */
async function bundleProgram(): Promise<void> {
  const { outputFiles, metafile } = await build({
    ...common,
    entryPoints: { cli: 'src/cli/main.ts', index: 'src/index.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    define: {
      ...common.define,
      'import.meta.url': '__filename',
      TSBUILD_VERSION: JSON.stringify(version),
      TSBUILD_PROGRAM: '"__TSBUILD_PROGRAM__"',
    },
    plugins: [withoutUnused, ownBundles, straightImports],
    metafile: true,
    write: false,
  })
  const pieces = new Map<string, string>()
  for (const { path: file, text } of outputFiles) {
    const name = path.relative(dist, file)
    if (name.endsWith('.cjs')) pieces.set(name, await commonJs(name, text))
    else await write(name, text)
  }
  const files = Object.entries(loadedTogether).map(([file, sources]) => ({
    file,
    pieces: loadedWith(metafile, sources),
  }))
  const program = sha256(JSON.stringify([...pieces]))
  const bundles = merged(pieces, files)
  for (const [name, text] of bundles) await write(name, text.replaceAll('__TSBUILD_PROGRAM__', program))
  await bundleStart(Object.keys(loadedTogether), JSON.stringify([...bundles]))
  await write('index.js', libraryDoor(metafile.outputs['dist/index.cjs']?.exports ?? []))
}

async function write(name: string, text: string): Promise<void> {
  const file = path.join(dist, name)
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, text)
}

async function commonJs(name: string, piece: string): Promise<string> {
  const marked = piece
    .replaceAll(/import\("\.\/((?:screen|explore)-tty)\.js"\)/g, `${placeholders.terminalView}("$1")`)
    .replaceAll(/\bimport\(([A-Za-z_$][\w$]*)\)/g, 'importAtRuntime($1)')
  const { code } = await transform(marked, {
    format: 'cjs',
    platform: 'node',
    target: common.target,
    // What is loaded later is CommonJS too, but for the terminal view.
    supported: { 'dynamic-import': false },
    minifySyntax: true,
    minifyWhitespace: true,
  })
  const beside = (other: string) => JSON.stringify(`./${path.relative(path.dirname(name), other)}`)
  return (
    withLateBuiltins(code)
      // A module of the user, whatever it is: what `require` takes is less.
      .replaceAll('importAtRuntime(', 'import(')
      .replaceAll(/importTerminalView\("([\w-]+)"\)/g, (_, view: string) => `import(${beside(`${view}.js`)})`)
      .replaceAll(placeholders.dockerfileAst, `require(${beside('dockerfile-ast.cjs')})`)
  )
}

/** What `import 'tsbuild'` gives. */
function libraryDoor(names: readonly string[]): string {
  return `export { ${[...names].sort().join(', ')} } from './index.cjs'\n`
}

/** With the day of SOURCE_DATE_EPOCH, else of today. */
function writeManPage(): Promise<void> {
  const seconds = Number(process.env['SOURCE_DATE_EPOCH'] || Date.now() / 1000)
  return write('tsbuild.1', manPage(version, new Date(seconds * 1000).toISOString().slice(0, 10)))
}

/** `tsbuild/config`: for a config file, which should not have to load the library. */
function writeConfigDoor(): Promise<void> {
  return write('config.js', 'export const defineConfig = (config) => config\n')
}

/** Types are written as they stand; `npm run typecheck` is what checks them. */
async function declare(): Promise<void> {
  const tsc = fileURLToPath(new URL('../node_modules/.bin/tsc', import.meta.url))
  const child = spawn(tsc, ['-p', 'scripts/tsconfig.types.json', '--noCheck'], { cwd: root, stdio: 'inherit' })
  const [status] = await once(child, 'exit')
  if (status !== 0) throw new Error(`tsc ended with ${status}`)
}

await rm(new URL('../dist', import.meta.url), { recursive: true, force: true })
await Promise.all([
  bundleTerminalViews(),
  bundleDockerfileAst(),
  bundleLoners(),
  bundleProgram(),
  declare(),
  writeManPage(),
  writeConfigDoor(),
])
