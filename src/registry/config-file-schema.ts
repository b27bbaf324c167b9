import * as z from 'zod/mini'

/** The config file as it is written: registries and their mirrors, and those that are insecure. */
export const configFileSchema = z.looseObject({
  registryMirrors: z.optional(z.record(z.string(), z.array(z.string()))),
  insecureRegistries: z.optional(z.array(z.string())),
})
