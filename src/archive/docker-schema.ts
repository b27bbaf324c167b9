import * as z from 'zod/mini'

const strings = z.nullish(z.array(z.string()))

/** `manifest.json` of a `docker save` archive. */
export const dockerManifestSchema = z.array(z.looseObject({ Config: z.string(), RepoTags: strings, Layers: strings }))
