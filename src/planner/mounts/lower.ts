import { posix } from 'node:path'
import { TsbuildError } from '../../errors.ts'
import type { Mount, OpId } from '../../graph/index.ts'
import type { RunInstruction } from '../../parser/index.ts'
import type { SourceRange } from '../../source.ts'
import { expandText } from '../expand.ts'
import { mainContext, type StageScope } from '../scope.ts'
import { type StageState, workingDirectory } from '../state.ts'
import { agentId, cacheId, secretId } from './ids.ts'
import { type MountField, type MountSpec, type MountType, parseMount, placeOf } from './spec.ts'

/** A mount in its place: what filling in the rest needs. */
interface Placed {
  readonly spec: MountSpec
  readonly fields: readonly MountField[]
  /** The whole mount. */
  readonly at: SourceRange
  readonly cwd: string
  /** Number among the mounts of its type. */
  readonly index: number
  readonly scope: StageScope
}

/** The mounts of a RUN, in order. Relative targets are below the working directory. */
export function lowerMounts(instruction: RunInstruction, state: StageState, scope: StageScope): readonly Mount[] {
  const specs = instruction.mounts.map(({ fields, at }) => {
    const spec = parseMount(fields, (text, place = at) => expandText(text, place, state, scope), at)
    return { spec, fields, at }
  })
  const cwd = workingDirectory(state)
  return specs.map((mount, i) => {
    const { type } = mount.spec
    const index = specs.slice(0, i).filter((earlier) => earlier.spec.type === type).length
    return lowerings[type]({ ...mount, cwd, index, scope })
  })
}

/** Every type of mount, once. */
const lowerings: { readonly [K in MountType]: (mount: Placed) => Mount } = {
  bind: lowerBind,
  cache: lowerCache,
  tmpfs: (mount) => ({
    kind: 'tmpfs',
    target: targetOf(mount),
    ...(mount.spec.size !== undefined && { size: mount.spec.size }),
  }),
  secret: lowerSecret,
  ssh: lowerSsh,
}

function lowerBind(mount: Placed): Mount {
  const { spec } = mount
  return {
    kind: 'bind',
    target: targetOf(mount),
    from: sourceOf(mount) ?? mainContext(mount.scope),
    source: posix.join('/', spec.source ?? ''),
    writable: spec.readOnly === false,
  }
}

function lowerCache(mount: Placed): Mount {
  const { spec, scope } = mount
  const target = targetOf(mount)
  const from = sourceOf(mount)
  const source = posix.join('/', spec.source ?? '')
  // Owner and mode are those of a new directory: a seed brings its own.
  const seeded = source !== '/'
  const namespace = scope.request.buildArgs.get('BUILDKIT_CACHE_MOUNT_NS')
  return {
    kind: 'cache',
    target,
    id: cacheId({ ...spec, target: spec.target ?? target }),
    ...(namespace && { namespace }),
    sharing: spec.sharing ?? 'shared',
    ...(from && { from, source }),
    mode: seeded ? 0o755 : (spec.mode ?? 0o755),
    uid: seeded ? 0 : (spec.uid ?? 0),
    gid: seeded ? 0 : (spec.gid ?? 0),
    readOnly: spec.readOnly ?? false,
  }
}

function lowerSecret(mount: Placed): Mount {
  const { spec } = mount
  const id = secretId(spec)
  const byDefault = spec.env ? undefined : `/run/secrets/${posix.basename(id)}`
  const target = spec.target ? targetOf(mount) : byDefault
  return {
    kind: 'secret',
    id,
    ...(target !== undefined && { target }),
    ...(spec.env && { env: spec.env }),
    required: spec.required ?? false,
    mode: spec.mode ?? 0o400,
    uid: spec.uid ?? 0,
    gid: spec.gid ?? 0,
  }
}

function lowerSsh(mount: Placed): Mount {
  const { spec, index } = mount
  return {
    kind: 'ssh',
    id: agentId(spec),
    target: spec.target ? targetOf(mount) : `/run/buildkit/ssh_agent.${index}`,
    required: spec.required ?? false,
    mode: spec.mode ?? 0o600,
    uid: spec.uid ?? 0,
    gid: spec.gid ?? 0,
  }
}

function sourceOf({ spec, scope, fields, at }: Placed): OpId | undefined {
  return spec.from ? scope.mountSource(spec.from, placeOf('from', fields) ?? at) : undefined
}

function targetOf({ spec, cwd, fields, at }: Placed): string {
  const target = posix.resolve('/', cwd, spec.target ?? '')
  if (target !== '/') return target
  throw new TsbuildError('TSB_MOUNT', 'invalid mount target "/"', {
    at: placeOf('target', fields) ?? at,
    hint: spec.target === undefined ? 'say where: target=/some/path' : 'mount below the root: target=/some/path',
  })
}
