import type { CacheRecord, Find, Layers, Wanted } from '../cache/index.ts'
import { TsbuildError } from '../errors.ts'
import type { Node } from '../graph/index.ts'
import { layerForms } from './mounts/index.ts'
import type { ExecutorPorts } from './ports.ts'

/** Sees to it that the layer of a step has no secret in it that was given. */
export interface SecretWatch {
  /** Look into what they make before it is kept. @throws {TsbuildError} TSB_SECRET_IN_LAYER */
  readonly layers: Layers
  /** For the record of the layer that was made: the secrets that are not in it. */
  absent(): Promise<Pick<CacheRecord, 'without'>>
  /** Looks into a layer that was made when one of them had not been given. @throws {TsbuildError} TSB_SECRET_IN_LAYER */
  check(record: CacheRecord): Promise<void>
}

/** @param notice told what was found when that is allowed */
export function watchSecrets(
  { label }: Node,
  { cache, secrets }: Pick<ExecutorPorts, 'cache' | 'secrets'>,
  notice: (message: string) => void,
): SecretWatch {
  if (secrets.ids.length === 0) return { layers: cache.layers, absent: async () => ({}), check: async () => {} }
  const present = new Set<string>()
  let wanted: readonly Wanted[] | undefined
  const wantedNow = async () => {
    wanted ??= await wantedOf(secrets)
    return wanted
  }
  const found = (finds: readonly Find[]) => {
    if (finds.length === 0) return
    const where = finds.map(({ name, path }) => `of the secret ${name} in ${withoutForms(path, wanted ?? [])}`)
    const what = `the layer has the value ${where.join(', and that ')}`
    if (secrets.inLayers === 'refused') throw secretInLayer(what, finds)
    for (const { name } of finds) present.add(name)
    notice(`warning: ${label}: ${what}`)
  }
  const without = (ids: readonly Wanted[]) => ids.map(({ name }) => name).filter((name) => !present.has(name))
  return {
    layers: cache.layers.watching({ wanted: wantedNow, found }),
    absent: async () => ({ without: without(await wantedNow()) }),
    async check(record) {
      const known = new Set(record.without)
      if (secrets.ids.every((id) => known.has(id))) return
      const unknown = (await wantedNow()).filter(({ name }) => !known.has(name))
      if (unknown.length === 0) return
      found(await cache.layers.search(record.layer, unknown))
      const added = without(unknown)
      if (added.length > 0) await cache.records.save({ ...record, without: [...known, ...added] })
    },
  }
}

async function wantedOf({ ids, read }: ExecutorPorts['secrets']): Promise<readonly Wanted[]> {
  const all = await Promise.all(
    ids.map(async (name) => ({ name, forms: layerForms((await read(name))?.reveal() ?? new Uint8Array(0)) })),
  )
  return all.filter(({ forms }) => forms.length > 0)
}

/** A file may have the secret as its name. */
function withoutForms(path: string, wanted: readonly Wanted[]): string {
  return wanted
    .flatMap(({ forms }) => forms)
    .reduce((shown, form) => shown.replaceAll(Buffer.from(form).toString(), '***'), path)
}

function secretInLayer(what: string, [first]: readonly Find[]): TsbuildError {
  const use = `read it where a step needs it, by RUN --mount=type=secret,id=${first?.name}`
  return new TsbuildError('TSB_SECRET_IN_LAYER', what, {
    hint: `who has the image would have it: ${use}; --allow-secret-in-layer builds all the same`,
  })
}
