import os from 'node:os'
import { stepCapabilities } from './capabilities.ts'
import { isKernel, type Machine } from './machine.ts'
import type { SeccompFilter, SeccompRule } from './seccomp.ts'

/** A filter that somebody wrote: as the OCI runtime spec has it, or with the conditions that Docker adds. */
export interface SeccompProfile {
  readonly defaultAction: string
  readonly defaultErrnoRet?: number | undefined
  readonly architectures?: readonly string[] | undefined
  /** For a kind of machine, the kinds whose programs it runs too. */
  readonly archMap?:
    | readonly { readonly architecture: string; readonly subArchitectures?: readonly string[] | null | undefined }[]
    | undefined
  readonly flags?: readonly string[] | undefined
  readonly syscalls?: readonly ProfileRule[] | null | undefined
}

export interface ProfileRule {
  readonly names?: readonly string[] | undefined
  /** Of older profiles, in place of `names`. */
  readonly name?: string | undefined
  readonly action: string
  readonly errnoRet?: number | null | undefined
  readonly args?: SeccompRule['args'] | null
  readonly includes?: RuleConditions | undefined
  readonly excludes?: RuleConditions | undefined
}

export interface RuleConditions {
  /** As Go names them: `amd64`. */
  readonly arches?: readonly string[] | null | undefined
  readonly caps?: readonly string[] | null | undefined
  /** `4.8` */
  readonly minKernel?: string | null | undefined
}

/** What the filter of steps is when it is not ours: none at all, or this one. */
export type Seccomp = 'unconfined' | SeccompProfile

/**
 * The filter that a profile is on this machine, for a step with the usual capabilities.
 * @see https://github.com/moby/moby/blob/v28.0.0/profiles/seccomp/seccomp_linux.go
 */
export function filterOf(profile: SeccompProfile, machine: Machine, arch: string = os.arch()): SeccompFilter {
  const capabilities = new Set(stepCapabilities(false, machine.boundingSet).map((name) => `CAP_${name}`))
  const architectures = profile.architectures ?? mapped(profile, arch)
  const isMet = (rule: ProfileRule) => isIncluded(rule, machine, arch, capabilities)
  return {
    defaultAction: profile.defaultAction,
    ...(profile.defaultErrnoRet !== undefined && { defaultErrnoRet: profile.defaultErrnoRet }),
    ...(architectures && { architectures }),
    ...(profile.flags && { flags: profile.flags }),
    syscalls: (profile.syscalls ?? []).filter(isMet).map(ruleOf),
  }
}

function mapped({ archMap = [] }: SeccompProfile, arch: string): readonly string[] | undefined {
  const own = seccompNames[arch]
  const found = archMap.find(({ architecture }) => architecture === own)
  return found && [found.architecture, ...(found.subArchitectures ?? [])]
}

function ruleOf({ names, name, action, errnoRet, args }: ProfileRule): SeccompRule {
  return {
    names: names ?? (name === undefined ? [] : [name]),
    action,
    ...(typeof errnoRet === 'number' && { errnoRet }),
    ...(args && args.length > 0 && { args }),
  }
}

/** All that it includes has to be there, and nothing of what it excludes. */
function isIncluded(
  { includes, excludes }: ProfileRule,
  machine: Machine,
  arch: string,
  capabilities: ReadonlySet<string>,
): boolean {
  const own = goNames[arch] ?? arch
  const reaches = (version: string) => {
    const [major = 0, minor = 0] = version.split('.').map(Number)
    return isKernel(machine, major, minor)
  }
  const isExcluded =
    excludes?.arches?.includes(own) ||
    excludes?.caps?.some((name) => capabilities.has(name)) ||
    (excludes?.minKernel && reaches(excludes.minKernel))
  if (isExcluded) return false
  const isOther = includes?.arches && includes.arches.length > 0 && !includes.arches.includes(own)
  const isBelow = includes?.minKernel && !reaches(includes.minKernel)
  return !isOther && !isBelow && (includes?.caps ?? []).every((name) => capabilities.has(name))
}

/** By the names that Node has for machines. */
const seccompNames: Readonly<Record<string, string>> = {
  x64: 'SCMP_ARCH_X86_64',
  arm64: 'SCMP_ARCH_AARCH64',
  arm: 'SCMP_ARCH_ARM',
  riscv64: 'SCMP_ARCH_RISCV64',
  ppc64: 'SCMP_ARCH_PPC64LE',
  s390x: 'SCMP_ARCH_S390X',
}

const goNames: Readonly<Record<string, string>> = { x64: 'amd64', ppc64: 'ppc64le', ia32: '386' }
