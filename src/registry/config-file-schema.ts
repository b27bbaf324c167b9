import * as z from 'zod/mini'

/** The config file as it is written: registries and their mirrors. */
export const configFileSchema = z.looseObject({
  registryMirrors: z.optional(z.record(z.string(), z.array(z.string()))),
})
