import * as z from 'zod/mini'

const action = z.enum([
  'SCMP_ACT_ALLOW',
  'SCMP_ACT_ERRNO',
  'SCMP_ACT_KILL',
  'SCMP_ACT_KILL_PROCESS',
  'SCMP_ACT_KILL_THREAD',
  'SCMP_ACT_LOG',
  'SCMP_ACT_TRACE',
  'SCMP_ACT_TRAP',
])

const errno = z.int().check(z.minimum(0), z.maximum(4095))
const texts = z.nullish(z.array(z.string()))

const conditions = z.optional(
  z.strictObject({
    arches: texts,
    caps: texts,
    minKernel: z.nullish(z.string().check(z.regex(/^\d+\.\d+$/))),
  }),
)

const argument = z.strictObject({
  index: z.int().check(z.minimum(0), z.maximum(5)),
  value: z.int(),
  valueTwo: z.optional(z.int()),
  op: z.enum([
    'SCMP_CMP_NE',
    'SCMP_CMP_LT',
    'SCMP_CMP_LE',
    'SCMP_CMP_EQ',
    'SCMP_CMP_GE',
    'SCMP_CMP_GT',
    'SCMP_CMP_MASKED_EQ',
  ]),
})

const rule = z
  .strictObject({
    names: z.optional(z.array(z.string())),
    name: z.optional(z.string()),
    action,
    errnoRet: z.nullish(errno),
    /** The name of the number, for people. */
    errno: z.optional(z.string()),
    args: z.nullish(z.array(argument)),
    comment: z.optional(z.string()),
    includes: conditions,
    excludes: conditions,
  })
  .check(z.refine(({ names, name }) => (names === undefined) !== (name === undefined), 'names or name, not both'))

/**
 * A seccomp profile. What is not known is refused: it could be a rule. Nobody listens here to calls that are passed on, so
 * `SCMP_ACT_NOTIFY` is not among the actions.
 * @see https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md#seccomp
 */
export const seccompSchema = z
  .strictObject({
    defaultAction: action,
    defaultErrnoRet: z.optional(errno),
    defaultErrno: z.optional(z.string()),
    architectures: z.optional(z.array(z.string())),
    archMap: z.optional(z.array(z.strictObject({ architecture: z.string(), subArchitectures: texts }))),
    flags: z.optional(z.array(z.string())),
    syscalls: z.nullish(z.array(rule)),
  })
  .check(z.refine(({ architectures, archMap }) => !architectures || !archMap, 'architectures or archMap, not both'))
