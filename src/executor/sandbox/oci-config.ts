import { stepCapabilities } from './capabilities.ts'
import { findPlace } from './group-place.ts'
import { insecureDevices } from './insecure-devices.ts'
import type { Machine } from './machine.ts'
import type { SandboxSpec } from './sandbox.ts'
import { type SeccompFilter, stepSeccomp } from './seccomp.ts'
import { filterOf, type Seccomp } from './seccomp-profile.ts'
import type { BoundMount } from './step-mounts.ts'
import { maskedPaths, readOnlyPaths, usualOpenFiles, usualProcesses, usualShmSize } from './surroundings.ts'
import { ulimitsOf } from './ulimits.ts'

/** What the probe found of this machine and this runtime. */
export interface RuntimeAbilities {
  /**
   * Who makes the control group of a step, without which no device can be refused: the runtime, tsbuild itself (a group of
   * devices alone, for a runtime that shuns hybrid hierarchies), or nobody.
   */
  readonly cgroups: 'by runtime' | 'of devices' | 'none'
  /** What crun makes of our system call rules, in base64. */
  readonly filter?: string
  /** Absent: our rules. */
  readonly seccomp?: Seccomp
}

export interface OciConfigInput {
  readonly spec: SandboxSpec
  /** Where the files of the step are mounted already. */
  readonly root: string
  /** Mounts of the step, those of overlays turned into binds. */
  readonly mounts: readonly BoundMount[]
  /** The step is in a network namespace of its own, or is to get one. */
  readonly ownNetwork: boolean
  readonly abilities: RuntimeAbilities
  /** Path of the control group in its hierarchies. */
  readonly cgroup: string
  /** Folders of control groups that the first process of the step is put into. */
  readonly enter: readonly string[]
  readonly machine: Machine
}

/**
 * The `config.json` of a bundle.
 * @see https://github.com/opencontainers/runtime-spec/blob/main/config.md
 */
export function ociConfig(input: OciConfigInput): object {
  const { spec, root, mounts, abilities, cgroup, enter, machine } = input
  const makesCgroup = abilities.cgroups === 'by runtime'
  return {
    ociVersion: '1.0.2',
    hostname: spec.hostname,
    root: { path: root, readonly: false },
    process: processOf(input),
    ...(!spec.insecure && !abilities.seccomp && abilities.filter && { annotations: { [compiled]: abilities.filter } }),
    mounts: [...systemMounts(input), ...mounts.map((mount) => mountOf(mount, machine))],
    ...(enter.length > 0 && { hooks: { createRuntime: [entering(enter)] } }),
    linux: {
      namespaces: namespacesOf(spec),
      ...(makesCgroup && {
        cgroupsPath: cgroup,
        resources: { devices: deviceRules(spec), ...usualPids(spec) },
      }),
      ...(spec.insecure && { devices: insecureDevices(spec, machine) }),
      ...(!spec.insecure && { ...filterFor(input), maskedPaths, readonlyPaths: readOnlyPaths }),
    },
  }
}

/**
 * For crun: then it does not compile the rules, which are there all the same.
 * @see https://github.com/containers/crun/blob/main/crun.1.md
 */
const compiled = 'run.oci.seccomp_bpf_data'

function filterFor({ abilities: { seccomp }, machine }: OciConfigInput): { readonly seccomp?: SeccompFilter } {
  if (seccomp === 'unconfined') return {}
  return { seccomp: seccomp ? filterOf(seccomp, machine) : stepSeccomp() }
}

/** Only where it can be: a runtime fails when it cannot hold what it is told to. */
function usualPids({ resources }: SandboxSpec): object {
  const isAsked = resources?.processes !== undefined
  return isAsked || typeof findPlace('pids', undefined) === 'string' ? {} : { pids: { limit: usualProcesses } }
}

/** Told of the container on its input, when its first process waits in the namespaces. */
function entering(folders: readonly string[]): object {
  return { path: '/bin/sh', args: ['sh', '-c', enterScript, 'sh', ...folders] }
}

const enterScript = `
read -r state || [ -n "$state" ] || exit 1
pid=\${state#*\\"pid\\":}
pid=\${pid%%[!0-9]*}
for folder; do echo "$pid" >"$folder/cgroup.procs" || exit 1; done
`

/** The usual devices are allowed by the runtime itself. */
function deviceRules({ insecure }: SandboxSpec): readonly object[] {
  const none = { allow: false, access: 'rwm' }
  return insecure ? [none, ...['c', 'b'].map((type) => ({ allow: true, type, access: 'rwm' }))] : [none]
}

function processOf({ spec, machine }: OciConfigInput): object {
  const capabilities = stepCapabilities(spec.insecure, machine.boundingSet).map((name) => `CAP_${name}`)
  const { uid, gid, groups } = spec.user
  const openFiles = { soft: Math.min(usualOpenFiles, machine.openFiles), hard: machine.openFiles }
  return {
    terminal: spec.input?.kind === 'terminal',
    ...(spec.input?.kind === 'terminal' && {
      consoleSize: { height: spec.input.size.rows, width: spec.input.size.columns },
    }),
    user: { uid, gid, umask: 0o022, ...(machine.canSetGroups && { additionalGids: groups }) },
    args: spec.argv,
    env: spec.env,
    cwd: spec.cwd,
    capabilities: {
      bounding: capabilities,
      effective: capabilities,
      permitted: capabilities,
      inheritable: spec.insecure ? capabilities : [],
      ambient: spec.insecure ? capabilities : [],
    },
    rlimits: ulimitsOf(spec.limits, openFiles).map(({ name, soft, hard }) => ({
      type: `RLIMIT_${name.toUpperCase()}`,
      soft: limitOf(soft),
      hard: limitOf(hard),
    })),
    noNewPrivileges: !spec.insecure,
  }
}

/** No limit is -1 here, and there 2^64 - 1, which no number of JavaScript is. */
function limitOf(limit: number): unknown {
  return limit === -1 ? JSON.rawJSON('18446744073709551615') : limit
}

declare global {
  interface JSON {
    /** A part of a JSON text as it is to be written. Not in TypeScript's own declarations yet. */
    rawJSON(text: string): object
  }
}

/** The network namespace of user-mode networking is there before the runtime starts, so none is asked for. */
function namespacesOf(spec: SandboxSpec): readonly object[] {
  const types = ['pid', 'mount', 'ipc', 'uts', 'cgroup', ...(spec.network === 'none' ? ['network'] : [])]
  return types.map((type) => ({ type }))
}

function systemMounts({ spec, ownNetwork, abilities, machine }: OciConfigInput): readonly object[] {
  const strict = ['nosuid', 'noexec', 'nodev']
  const access = spec.insecure ? 'rw' : 'ro'
  const terminals = machine.hasGroup(5) ? ['gid=5'] : []
  const mount = (destination: string, type: string, options: readonly string[], source = type) => ({
    destination,
    type,
    source,
    options,
  })
  return [
    mount('/proc', 'proc', strict),
    mount('/dev', 'tmpfs', ['nosuid', 'strictatime', 'mode=755', 'size=65536k']),
    mount('/dev/pts', 'devpts', ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', ...terminals]),
    mount('/dev/shm', 'tmpfs', [...strict, 'mode=1777', `size=${spec.limits.shmSize ?? usualShmSize}`], 'shm'),
    mount('/dev/mqueue', 'mqueue', strict),
    ...systemFiles(ownNetwork || !machine.inUserNamespace, access, mount),
    ...(abilities.cgroups === 'by runtime' ? [mount('/sys/fs/cgroup', 'cgroup', [...strict, 'relatime', access])] : []),
  ]
}

/** A user namespace may mount sysfs only together with a network namespace of its own; else the host's is shown. */
function systemFiles(
  canMount: boolean,
  access: string,
  mount: (destination: string, type: string, options: readonly string[], source?: string) => object,
): readonly object[] {
  const strict = ['nosuid', 'noexec', 'nodev']
  if (canMount) return [mount('/sys', 'sysfs', [...strict, access])]
  return [
    mount('/sys', 'bind', ['rbind', ...strict, 'ro'], '/sys'),
    mount('/sys/fs/cgroup', 'tmpfs', [...strict, 'ro', 'size=0k']),
  ]
}

function mountOf({ source, target, readOnly }: BoundMount, machine: Machine): object {
  // What is mounted below a source stays out, but a user namespace may not take a directory without what covers it.
  const bind = machine.inUserNamespace ? 'rbind' : 'bind'
  return { destination: target, type: 'bind', source, options: [bind, 'nosuid', 'nodev', readOnly ? 'ro' : 'rw'] }
}
