import { geteuid } from 'node:process'
import { TsbuildError } from '../../errors.ts'

/**
 * Why no form of sandbox can work, where that is plain without trying one: who is not root, not even of a user namespace, may
 * neither mount nor change the root directory.
 * @returns TSB_SANDBOX_UNAVAILABLE, or nothing
 */
export function runRefusal(): TsbuildError | undefined {
  const uid = geteuid?.()
  if (uid === 0 || uid === undefined) return undefined
  const message = `RUN needs root or a user namespace: this process is user ${uid}, and may make no namespace`
  return new TsbuildError('TSB_SANDBOX_UNAVAILABLE', message, {
    hint: 'in a container, run it as root (docker run --user 0; runAsUser: 0); on a machine, allow user namespaces (sysctl kernel.unprivileged_userns_clone, user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns). Builds without RUN work as it is',
  })
}
