import * as z from 'zod/mini'

const text = z.optional(z.string())

/** What of docker's `config.json` is read: all else of it is passed over. */
export const dockerConfigSchema = z.looseObject({
  proxies: z.optional(
    z.looseObject({
      default: z.optional(
        z.looseObject({ httpProxy: text, httpsProxy: text, ftpProxy: text, noProxy: text, allProxy: text }),
      ),
    }),
  ),
})
