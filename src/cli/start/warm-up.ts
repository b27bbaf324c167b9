import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { serveLayouts } from './layout-server.ts'

/**
 * After the program was installed: builds a small image in a folder of its own, so that the first build of whoever uses it
 * starts with compiled code, as on a CI machine whose home is empty. Nothing is asked of a network, nothing stays but
 * `dist/compiled`, and what fails leaves that as it was.
 */
export async function warmUp(): Promise<void> {
  const place = mkdtempSync(path.join(tmpdir(), 'tsbuild-warm-up-'))
  const made = path.join(__dirname, `compiled.${process.pid}`)
  try {
    const layouts = { base: path.join(place, 'base'), cache: path.join(place, 'cache') }
    await using registry = await serveLayouts(layouts)
    for (const words of rehearsal(place, layouts, `127.0.0.1:${registry.port}`)) await runProgram(place, words)
    collect(path.join(place, 'compiled'), made)
    const target = path.join(__dirname, 'compiled')
    rmSync(target, { recursive: true, force: true })
    renameSync(made, target)
  } finally {
    for (const left of [place, made]) rmSync(left, { recursive: true, force: true })
  }
}

/** What most people do most: a build, the same again, one with a base and a cache in a registry, and looking at them. */
function rehearsal(
  place: string,
  { base, cache }: Readonly<Record<'base' | 'cache', string>>,
  host: string,
): readonly (readonly string[])[] {
  const write = (name: string, dockerfile: string) => {
    const context = path.join(place, name)
    mkdirSync(path.join(context, 'src'), { recursive: true })
    writeFileSync(path.join(context, 'Dockerfile'), dockerfile)
    writeFileSync(path.join(context, 'src/file'), name)
    return context
  }
  const below = write('below', 'FROM scratch\nCOPY src /\nENV A=b\nCMD ["/file"]\n')
  const app = write(
    'app',
    `FROM ${host}/base\nARG VERSION=1\nENV PATH=/bin:$PATH\nWORKDIR /app\nCOPY src/file ./\nCOPY src ./src\nEXPOSE 80\nUSER 1\nCMD ["/file"]\n`,
  )
  const command = (store: string, ...words: readonly string[]) => ['--root', path.join(place, store), ...words]
  const build = (store: string, ...words: readonly string[]) => command(store, 'build', ...words)
  const from = ['--cache-from', `type=registry,ref=${host}/cache`, '-t', 'app', app]
  return [
    build('first', '-t', 'base', '-o', `type=oci,tar=false,dest=${base}`, below),
    build('first', '-t', 'app', '--cache-to', `type=local,dest=${cache},mode=max`, app),
    build('first', '-t', 'app', app),
    build('second', ...from),
    build('second', ...from),
    command('second', 'history', 'app'),
    command('second', 'plan', app),
    command('second', 'images'),
    command('second', 'pull', `${host}/base`),
  ]
}

/** Whatever it ends with: what ran is compiled. */
async function runProgram(place: string, words: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [path.join(__dirname, '../bin/tsbuild.js'), ...words], {
    // Code is not kept below the working directory.
    cwd: '/',
    env: { PATH: process.env['PATH'], HOME: place, NODE_COMPILE_CACHE: path.join(place, 'compiled') },
    stdio: 'ignore',
    timeout: 30_000,
  })
  await once(child, 'exit')
}

/** Of what Node itself keeps nothing is taken; all users read the rest. */
function collect(from: string, target: string): void {
  const [name] = readdirSync(from).filter((one) => one.startsWith('tsbuild-'))
  if (name === undefined) throw new Error('nothing was kept')
  for (const needed of ['cli.cjs', 'building.cjs']) lstatSync(path.join(from, name, needed))
  for (const file of readdirSync(path.join(from, name))) chmodSync(path.join(from, name, file), 0o644)
  chmodSync(path.join(from, name), 0o755)
  mkdirSync(target, { mode: 0o755 })
  cpSync(path.join(from, name), path.join(target, name), { recursive: true })
}
