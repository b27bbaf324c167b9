import * as z from 'zod/mini'

const text = z.optional(z.string())

/** What of docker's `config.json` or podman's `auth.json` says who one is: all else of it is passed over. */
export const authFileSchema = z.looseObject({
  auths: z.optional(
    z.record(z.string(), z.looseObject({ auth: text, username: text, password: text, identitytoken: text })),
  ),
  credHelpers: z.optional(z.record(z.string(), z.string())),
  credsStore: text,
})

export type AuthFileContents = z.infer<typeof authFileSchema>
