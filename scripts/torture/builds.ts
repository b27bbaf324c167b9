import { chmodSync, chownSync, copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createRandom } from '../../bench/random.ts'
import { busyboxBase } from '../../test/support/busybox-base.ts'
import type { DockerRegistry } from '../../test/support/docker-registry.ts'
import { must, type Place } from './place.ts'

/** A Dockerfile with its context: the same one always gives the same image. */
export interface Build {
  readonly name: string
  readonly words: readonly string[]
  /** The archive that it writes, below the folder `out`. */
  readonly archive: string
}

const bases = 2
const contexts = 2

/** Layers of a base: enough that a moment while they come is hit now and then. */
const baseLayers = 3
const layerBytes = 1_500_000

/** Makes bases by tsbuild itself, in a store that goes again, and puts them into the registry. */
export async function pushBases(place: Place, registry: DockerRegistry): Promise<void> {
  const own = { ...place, store: path.join(place.folder, 'first') }
  const busybox = path.join(place.folder, 'busybox.tar')
  copyFileSync(busyboxBase(), busybox)
  chmodSync(busybox, 0o644)
  await must(own, 'import', busybox, 'busybox')
  for (let base = 0; base < bases; base++) {
    const folder = path.join(place.folder, `base-${base}`)
    const lines = Array.from({ length: baseLayers }, (_, layer) => `COPY ${layer} /lib/${layer}`)
    writeTree(place, folder, {
      Dockerfile: ['FROM busybox', ...lines, ''].join('\n'),
      ...Object.fromEntries(lines.map((_, layer) => [String(layer), createRandom(base * 10 + layer).text(layerBytes)])),
    })
    const archive = path.join(place.folder, `base-${base}.tar`)
    await must(own, '-q', '-o', `type=oci,dest=${archive}`, folder)
    registry.push(`oci-archive:${archive}`, `base:${base}`)
  }
  rmSync(own.store, { recursive: true })
}

/** Two stages with all that a build does: a pull, COPY of few and of many files, RUN, a tag, an archive. */
export function writeBuilds(place: Place, host: string, runtime: string): readonly Build[] {
  mkdirIn(place, path.join(place.folder, 'out'))
  const all = Array.from({ length: bases * contexts }, (_, at) => ({
    base: at % bases,
    context: Math.floor(at / bases),
  }))
  return all.map(({ base, context }) => {
    const name = `build-${base}-${context}`
    const random = createRandom(100 + context)
    const files = Array.from({ length: 60 }, (_, at) => [`src/${at}`, random.text(10_000)])
    const folder = path.join(place.folder, name)
    writeTree(place, folder, { Dockerfile: dockerfile(`${host}/base:${base}`), ...Object.fromEntries(files) })
    const archive = `${name}.tar`
    const words = [
      '--progress=plain',
      `--runtime=${runtime}`,
      '-t',
      name,
      '-o',
      `type=oci,dest=${path.join(place.folder, 'out', archive)}`,
    ]
    return { name, archive, words: [...words, folder] }
  })
}

/** Times of files are set, and COPY makes no folder of the image: only times of the image itself are clamped. */
function dockerfile(base: string): string {
  return `FROM ${base} AS made
COPY src /src
RUN mkdir /out && for at in 1 2; do cat /src/* /lib/$at > /out/more$at; done; touch -d @0 /out/*
RUN --mount=type=cache,target=/kept date > /kept/date; sleep 0.1; md5sum /out/* > /sums; touch -d @0 /sums

FROM ${base}
COPY --from=made /out/more1 /out/more2 /lib/
RUN sha256sum /lib/* > /hashes; rm /lib/1; touch -d @0 /lib / /hashes
COPY --from=made /sums /src/1 /lib/
`
}

function writeTree(place: Place, folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  mkdirIn(place, folder)
}

/** The folder belongs to who builds. */
function mkdirIn({ user }: Place, folder: string): void {
  mkdirSync(folder, { recursive: true })
  if (user) chownSync(folder, user.uid, user.gid)
}
