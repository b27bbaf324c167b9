/** Who one is at a registry: a user and a password (or a token in its place), or a token that is given for others. */
export type Login = (
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  | { readonly kind: 'identity'; readonly token: string }
) & {
  /** The file that has it, or `docker-credential-NAME`; absent: somebody typed it. */
  readonly from?: string
}

/**
 * The login for a repository of a registry; undefined: it is asked without. Only what was stored for that very host.
 * @param host as people know it: `docker.io`, `127.0.0.1:5000`
 */
export type Logins = (host: string, repository: string) => Promise<Login | undefined>

/** Everybody is asked without. */
export const noLogins: Logins = async () => undefined
