import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { packLayer } from './pull-layer.ts'
import { createRandom, fillWithNoise, type Random } from './random.ts'
import { tarOf } from './tar.ts'

/** Something to build. All bytes of it are the same on every machine. */
export interface Workload {
  readonly name: string
  /** What it is, for people. */
  readonly words: string
  /** Disk that a run with it needs at most, in bytes. */
  readonly room: number
  /** Too large to be kept from one run to the next. */
  readonly passing?: true
  /** Writes it into an empty folder. */
  make(folder: string): void
  /** Changes one file of it; 0 is how `make` leaves it. */
  touch?(folder: string, version: number): void
}

export const fileCount = 20_000
export const deepLayers = 100
const MiB = 1 << 20
const GiB = 1 << 30

/** The script of `rundiff`: writes 20,000 files. */
export const writingFiles =
  'i=0; while [ $i -lt 200 ]; do mkdir -p /d/$i; j=0; while [ $j -lt 100 ]; do echo "$i $j" > /d/$i/f$j; j=$((j+1)); done; i=$((i+1)); done'

const small: Workload = {
  name: 'small',
  words: 'an ordinary service: 200 files, two RUN',
  room: GiB,
  make(folder) {
    writeTree(join(folder, 'src'), 200, 20, 3000)
    write(join(folder, 'package.json'), '{"name":"app"}\n')
    write(
      join(folder, 'Dockerfile'),
      `FROM debian:bookworm
ENV NODE_ENV=production
WORKDIR /app
COPY package.json ./
RUN echo install > /app/.installed
COPY src ./src
RUN ls -R /app | wc -l > /app/.built
EXPOSE 8080
USER nobody
CMD ["sh", "-c", "true"]
`,
    )
    small.touch?.(folder, 0)
  },
  touch: (folder, version) => touchFile(join(folder, 'src', pathInTree(100, 20)), version),
}

const runs: Workload = {
  name: 'runs',
  words: '20 trivial RUN',
  room: GiB,
  make: (folder) =>
    write(join(folder, 'Dockerfile'), dockerfile(...counting(20).map((number) => `RUN echo ${number} > /f${number}`))),
}

const stages: Workload = {
  name: 'stages',
  words: 'four independent stages of `sleep 2`',
  room: GiB,
  make(folder) {
    const names = ['a', 'b', 'c', 'd']
    const waiting = names.map((name) => `FROM busybox AS ${name}\nRUN sleep 2 && echo ${name} > /${name}\n`)
    const gathering = dockerfile(...names.map((name) => `COPY --from=${name} /${name} /${name}`))
    write(join(folder, 'Dockerfile'), waiting.join('') + gathering)
  },
}

const tree = treeOf('tree', 'COPY of 20,000 files, 170 MB')
const treerun = treeOf('treerun', 'the same, then a RUN over them', 'RUN find /app -type f | wc -l > /count')

const rundiff: Workload = {
  name: 'rundiff',
  words: 'a RUN that writes 20,000 files',
  room: GiB,
  make: (folder) => write(join(folder, 'Dockerfile'), dockerfile(`RUN ${writingFiles}`)),
}

const big = fileOf('big', 'COPY of an incompressible file of 1 GiB', GiB)
const layer4g: Workload = { ...fileOf('layer4g', 'COPY of an incompressible file of 4 GiB', 4 * GiB), passing: true }

/** One layer for the registry: 12,000 files, 480 MB; 200 MB as gzip. */
const pull: Workload = {
  name: 'pull',
  words: 'a base of 200 MB gzip in a registry of this machine, until the first RUN starts',
  room: 5 * GiB,
  make(folder) {
    writeTree(join(folder, 'files/usr/share/bench'), 12_000, 900, 41_000)
    packLayer(folder)
  },
}

/** Layers to stand on a base: 2,000 files each. `layers/NN.tar` */
const deep: Workload = {
  name: 'deep',
  words: 'RUN on an image of 100 layers with 200,000 files, beside the same on one of a single layer',
  room: 6 * GiB,
  make(folder) {
    for (const layer of counting(deepLayers)) {
      const top = `deep/l${layer}/`
      const files = counting(40).flatMap((part) => [
        { name: `${top}d${part}/` },
        ...counting(50).map((file) => ({ name: `${top}d${part}/f${file}`, body: `${layer} ${file}\n` })),
      ])
      write(
        join(folder, 'layers', `${String(layer).padStart(2, '0')}.tar`),
        tarOf([{ name: 'deep/' }, { name: top }, ...files]),
      )
    }
  },
}

export const workloads: readonly Workload[] = [small, runs, stages, tree, treerun, rundiff, big, pull, deep, layer4g]

export function workload(name: string): Workload {
  const found = workloads.find((one) => one.name === name)
  if (!found) throw new Error(`no workload ${name}: there are ${workloads.map((one) => one.name).join(', ')}`)
  return found
}

function treeOf(name: string, words: string, ...after: readonly string[]): Workload {
  const touch = (folder: string, version: number) =>
    touchFile(join(folder, 'app', pathInTree(fileCount / 2, 1500)), version)
  return {
    name,
    words,
    room: 4 * GiB,
    make(folder) {
      writeTree(join(folder, 'app'), fileCount, 1500, 8000)
      write(join(folder, 'Dockerfile'), dockerfile('COPY app /app', ...after))
      touch(folder, 0)
    },
    touch,
  }
}

function fileOf(name: string, words: string, bytes: number): Workload {
  return {
    name,
    words,
    room: 4 * bytes,
    make(folder) {
      write(join(folder, 'Dockerfile'), dockerfile('COPY blob /blob'))
      writeNoise(join(folder, 'blob'), bytes)
    },
    touch: (folder, version) => writeBlock(join(folder, 'blob'), bytes / 2, bytes / MiB + version),
  }
}

function dockerfile(...steps: readonly string[]): string {
  return ['FROM busybox', ...steps, 'CMD ["true"]', ''].join('\n')
}

/** Many files of very different sizes, `mean` bytes each on the average, spread over folders in folders. */
function writeTree(root: string, files: number, folders: number, mean: number): void {
  const random = createRandom(files)
  for (const folder of counting(folders))
    mkdirSync(dirname(join(root, pathInTree(folder, folders))), { recursive: true })
  for (const file of counting(files)) writeFileSync(join(root, pathInTree(file, folders)), someText(random, mean))
}

function pathInTree(file: number, folders: number): string {
  const folder = file % folders
  return `pkg${folder % 97}/lib${folder}/f${file}.js`
}

/** Sizes are distributed exponentially, as those of source files nearly are. */
function someText(random: Random, mean: number): string {
  return random.text(Math.max(16, Math.round(-Math.log(1 - random.number()) * mean)))
}

function touchFile(file: string, version: number): void {
  writeFileSync(file, `// ${version}\n${createRandom(1).text(8000)}`)
}

function writeNoise(file: string, bytes: number): void {
  const target = openSync(file, 'wx')
  const block = new Uint32Array(MiB / 4)
  try {
    for (let at = 0; at < bytes; at += MiB) {
      fillWithNoise(block, at === bytes / 2 ? bytes / MiB : at / MiB)
      writeSync(target, block)
    }
  } finally {
    closeSync(target)
  }
}

function writeBlock(file: string, at: number, seed: number): void {
  const target = openSync(file, 'r+')
  const block = new Uint32Array(MiB / 4)
  fillWithNoise(block, seed)
  try {
    writeSync(target, block, 0, block.byteLength, at)
  } finally {
    closeSync(target)
  }
}

function write(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
}

function counting(end: number): readonly number[] {
  return Array.from({ length: end }, (_, index) => index)
}
