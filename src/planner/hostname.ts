import { TsbuildError } from '../errors.ts'

const argument = 'BUILDKIT_SANDBOX_HOSTNAME'

/**
 * The name that a RUN sees its machine by, when the build arguments say one.
 * @throws {TsbuildError} TSB_HOST_FORMAT for what Linux, or a line of `/etc/hosts`, does not take
 */
export function sandboxHostname(buildArgs: ReadonlyMap<string, string>): string | undefined {
  const name = buildArgs.get(argument)
  if (!name) return undefined
  if (/^[\w.-]{1,64}$/.test(name)) return name
  throw new TsbuildError('TSB_HOST_FORMAT', `invalid ${argument}: ${JSON.stringify(name)}`, {
    hint: 'a host name has at most 64 letters, digits, dots and hyphens',
  })
}
