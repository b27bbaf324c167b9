import { type Facts, finding } from './facts.ts'
import type { Finding, RunAbility } from './report.ts'

/** How layers are put under a step: each form, and which is taken. */
export function rootfsFindings({ snapshotter }: RunAbility, { exam }: Facts): readonly Finding[] {
  const { erofs, overlay, marks } = exam.rootfs
  const taken = (name: string) => (snapshotter === name ? ', and is taken' : '')
  const attribute = marks === 'user' ? ' (with userxattr)' : ''
  return [
    erofs === ''
      ? finding('rootfs.erofs', 'ok', `erofs works${taken('erofs')}: layers are mounted as they are`)
      : finding('rootfs.erofs', 'note', `erofs does not work: ${erofs}`, { fix: erofsFix(erofs) }),
    overlay === ''
      ? finding('rootfs.overlay', 'ok', `overlay works${attribute}${taken('overlay')}: layers are unpacked once`)
      : finding('rootfs.overlay', 'note', `overlay does not work: ${overlay}`, {
          fix: overlayFix(overlay, facts(exam)),
        }),
    finding('rootfs.copy', 'ok', `copy works${taken('copy')}: each step copies all files below it`),
  ]
}

function facts({ machine }: Facts['exam']) {
  const [major, minor] = machine.kernel
  return { isOld: machine.inUserNamespace && (major < 5 || (major === 5 && minor < 11)) }
}

function erofsFix(problem: string): string | undefined {
  return /ENODEV|unknown filesystem|no such device/i.test(problem) ? 'modprobe erofs' : undefined
}

/** Of what overlayfs may lie on, only the file system of the store can be chosen. */
function overlayFix(problem: string, { isOld }: { readonly isOld: boolean }): string | undefined {
  if (/ENODEV|unknown filesystem|no such device/i.test(problem)) return 'modprobe overlay'
  if (isOld) return 'Linux 5.11 or later'
  if (/wrong fs type|invalid argument/i.test(problem)) return 'TSBUILD_ROOT=DIRECTORY on ext4, xfs or btrfs'
  return undefined
}
