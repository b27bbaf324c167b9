import os from 'node:os'
import { call, libc, systemError } from './libc.ts'

/**
 * Gives this process, and what it starts from now on, a new and empty session keyring in place of the one it has. Where a
 * filter refuses that, it refuses it to all that this process starts as well.
 * @see https://man7.org/linux/man-pages/man2/keyctl.2.html
 */
export function joinNewKeyring(): void {
  const number = keyctl[os.arch()]
  if (number === undefined) return
  const { result, code } = call(() => libc().keyctl(number, joinSession, null))
  if (result < 0 && code !== 'EPERM' && code !== 'ENOSYS') throw systemError(code, 'keyctl', 'session keyring')
}

/** Its number on the machines that Node runs on. */
const keyctl: Readonly<Record<string, number>> = {
  x64: 250,
  arm64: 219,
  arm: 311,
  ia32: 288,
  loong64: 219,
  ppc64: 271,
  riscv64: 219,
  s390x: 280,
}

/** KEYCTL_JOIN_SESSION_KEYRING; without a name it is nobody else's. */
const joinSession = 1
