import { TsbuildError } from '../errors.ts'
import { formatPlatform, type Platform } from '../image/index.ts'

/** How programs for another machine run on this one. */
export type Emulation =
  /** The kernel does it: it holds the emulator open (flag F of binfmt_misc). */
  | { readonly kind: 'kernel' }
  /** The kernel looks for the emulator in the files of the step, where it has to be put. */
  | { readonly kind: 'interpreter'; readonly path: string; readonly source: string }
  | NoEmulation

/** What is there in place of an emulator that works. */
export interface NoEmulation {
  readonly kind: 'none'
  /** Why one that is registered is of no use; absent: none is. */
  readonly problem?: string
  /** The file of one that is on this machine, and that the kernel was not told of. */
  readonly installed?: string
}

/** What is said of a RUN that needs an emulator where there is none. @param label as progress shows it */
export function noEmulator(platform: Platform, label: string, { problem, installed }: NoEmulation): TsbuildError {
  const name = formatPlatform(platform)
  const step = label.length > 80 ? `${label.slice(0, 79)}…` : label
  return new TsbuildError(
    'TSB_EMULATOR_MISSING',
    `${step} runs programs for ${name}, and ${problem ?? unregistered(installed)}`,
    {
      hint: `${emulatorFix([platform], installed !== undefined)}; or build on this machine what needs no emulator, from FROM --platform=$BUILDPLATFORM`,
    },
  )
}

function unregistered(installed: string | undefined): string {
  return installed === undefined ? 'no emulator for it is registered' : `${installed} is not registered with the kernel`
}

/**
 * What registers emulators: by Debian's packages, or by an image that has them where there is a Docker engine.
 * @param installed whether qemu is on this machine, and its registration alone is missing
 */
export function emulatorFix(platforms: readonly Platform[], installed = false): string {
  const architectures = [...new Set(platforms.map(({ architecture }) => architecture))].join(',')
  const packages = installed
    ? 'systemctl restart systemd-binfmt registers what is installed (without systemd: apt-get install binfmt-support)'
    : 'apt-get install qemu-user-static binfmt-support'
  return `${packages}, or docker run --privileged --rm tonistiigi/binfmt --install ${architectures}`
}
