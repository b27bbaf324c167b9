import { readFileSync } from 'node:fs'
import type { RunImageOptions } from '../../index.ts'
import { readFields } from './csv.ts'
import { FlagError } from './flag-error.ts'
import { readLimits } from './limit.ts'
import { readBytes, readHost, readUlimit } from './limits.ts'
import { readPairs } from './pairs.ts'
import { type RegistryFlags, registryAccess } from './registry-access.ts'
import { type ResourceFlags, readResources } from './resources.ts'
import { readSecurityOptions } from './security-opt.ts'

type Env = Readonly<Record<string, string | undefined>>
type Mount = NonNullable<RunImageOptions['mounts']>[number]

/** The flags of `tsbuild run` as they are typed. */
export interface RunImageFlags extends ResourceFlags, RegistryFlags {
  readonly interactive?: true
  readonly tty?: true
  readonly rm?: true
  readonly env: readonly string[]
  readonly envFile: readonly string[]
  readonly workdir?: string
  readonly user?: string
  readonly entrypoint?: string
  readonly hostname?: string
  readonly name?: string
  readonly cidfile?: string
  readonly volume: readonly string[]
  readonly mount: readonly string[]
  readonly tmpfs: readonly string[]
  readonly network?: 'default' | 'none' | 'host'
  readonly addHost: readonly string[]
  readonly platform?: string
  readonly pull?: 'always' | 'missing' | 'never'
  readonly shmSize?: string
  readonly ulimit: readonly string[]
  readonly securityOpt: readonly string[]
  readonly snapshotter?: 'auto' | 'erofs' | 'overlay' | 'copy'
  readonly runtime?: 'auto' | 'runc' | 'crun' | 'native' | 'chroot'
  readonly limit: readonly string[]
}

/** @throws {FlagError} for a value that cannot be */
export function runImageOptions(flags: RunImageFlags, env: Env): Omit<RunImageOptions, 'image' | 'io'> {
  const { workdir, user, entrypoint, hostname, name, network, platform, pull, snapshotter, runtime } = flags
  const resources = readResources(flags)
  const limits = readLimits(flags.limit, env)
  const seccomp = readSecurityOptions(flags.securityOpt).seccomp
  const members = {
    ...{ workdir, user, entrypoint, hostname, name, network, platform, pull, snapshotter, runtime, resources, limits },
    ...{ seccomp },
    env: readPairs('--env', [...flags.envFile.flatMap(readEnvFile), ...flags.env], env),
    mounts: [...flags.volume.map(readVolume), ...flags.mount.map(readMount), ...flags.tmpfs.map(readTmpfs)],
    addHosts: flags.addHost.map(readHost),
    shmSize: flags.shmSize === undefined ? undefined : readBytes('--shm-size', flags.shmSize),
    ulimits: flags.ulimit.map(readUlimit),
    remove: flags.rm,
    ...registryAccess(flags),
  }
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

/** `-v DIR:/PLACE[:ro]`; a colon in a path is what `--mount` is for. */
function readVolume(text: string): Mount {
  const [source = '', target, options = '', more] = text.split(':')
  const words = options.split(',').filter((word) => word !== '')
  const unknown = words.find((word) => !['ro', 'rw', 'z', 'Z'].includes(word))
  if (!target || more !== undefined || unknown !== undefined) {
    throw new FlagError(`invalid value for --volume: ${text}`, 'write -v DIR:/PLACE or -v DIR:/PLACE:ro')
  }
  if (!/^[./~]/.test(source)) {
    throw new FlagError(`--volume ${text}: named volumes are not there`, `write -v ./${source || 'DIR'}:${target}`)
  }
  return { source, target, ...(words.includes('ro') && { readOnly: true }) }
}

function readMount(text: string): Mount {
  const flag = '--mount'
  const keys = ['type', 'src', 'source', 'dst', 'target', 'destination', 'ro', 'readonly'] as const
  const fields = readFields(flag, text, keys)
  const type = fields.get('type') ?? 'volume'
  const target = fields.get('dst') ?? fields.get('target') ?? fields.get('destination')
  const source = fields.get('src') ?? fields.get('source')
  if (type !== 'bind' && type !== 'tmpfs') {
    throw new FlagError(`${flag} ${text}: type ${type} is not there`, 'types: bind, tmpfs')
  }
  if (!target || (type === 'bind') !== (source !== undefined)) {
    throw new FlagError(`invalid value for ${flag}: ${text}`, `write ${flag} type=bind,src=DIR,dst=/PLACE[,readonly]`)
  }
  const access = fields.get('ro') ?? fields.get('readonly')
  const readOnly = access !== undefined && access !== 'false' && access !== '0'
  return { target, ...(source !== undefined && { source }), ...(readOnly && { readOnly }) }
}

function readTmpfs(text: string): Mount {
  return { target: text.split(':')[0] ?? text }
}

function readEnvFile(file: string): readonly string[] {
  try {
    const lines = readFileSync(file, 'utf8').split('\n')
    return lines.map((line) => line.trimStart()).filter((line) => line !== '' && !line.startsWith('#'))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    throw new FlagError(`--env-file ${file} cannot be read: ${String(error.code)}`)
  }
}
