import { writeFile } from 'node:fs/promises'
import { nameBytes } from '../../tree/index.ts'

/**
 * How the variables of a step get to its command without a program of this machine obeying them on the way, and without
 * standing on a command line that other users of the machine can read.
 */
export interface CarriedEnvironment {
  /** Lines for the script to read and export: before each variable, of how many lines it is. */
  readonly exported: string
  /** Variables whose names no shell exports: they go to `env`. */
  readonly assigned: readonly string[]
  /** Put before the command: what the image's own shell has to do inside. */
  readonly wrapper: readonly string[]
}

/** Splits the variables by how they can travel. */
export function carryEnvironment(variables: readonly string[]): CarriedEnvironment {
  const plain: string[] = []
  const assigned: string[] = []
  const loader: (readonly [name: string, value: string])[] = []
  for (const [name, value] of lastOfEach(variables)) {
    if (loaderVariables.test(name)) loader.push([name, value])
    else if (!isAssigned(name)) plain.push(`${name}=${value}`)
    else assigned.push(`${name}=${value}`)
  }
  plain.push(...loader.map(([, value], index) => `tsbuild_${index + 1}=${value}`))
  return {
    exported: plain.map((variable) => `${variable.split('\n').length}\n${variable}\n`).join(''),
    assigned,
    wrapper: loader.length === 0 ? [] : ['/bin/sh', '-c', wrapper, 'sh', ...loader.map(([name]) => name), '--'],
  }
}

/** True for a variable that goes to `env`, where who lists the processes of the machine sees its value for a moment. */
export function isAssigned(name: string): boolean {
  return !loaderVariables.test(name) && (!/^[A-Za-z_]\w*$/.test(name) || shellVariables.test(name))
}

export async function writeEnvironment(file: string, { exported }: CarriedEnvironment): Promise<void> {
  await writeFile(file, nameBytes(exported), { mode: 0o600 })
}

/** Reads that file from handle 6 and exports what is in it. Only what the shell itself does is used after it. */
export const exportScript = `
while IFS= read -r tsbuild_lines <&6; do
  IFS= read -r tsbuild_variable <&6
  while [ "$tsbuild_lines" -gt 1 ]; do
    IFS= read -r tsbuild_line <&6
    tsbuild_variable="$tsbuild_variable
$tsbuild_line"
    tsbuild_lines=$((tsbuild_lines - 1))
  done
  export "$tsbuild_variable"
done
`

/** What the shell and the helpers leave in the environment beside the variables of the step. */
export const leftovers: readonly string[] = ['LC_ALL', 'LIBMOUNT_FORCE_MOUNT2', 'OLDPWD', 'PWD', 'SHLVL', '_']

/** The last of two values for one name counts, as for `execve` in Docker. */
function lastOfEach(variables: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    variables.flatMap((variable) => {
      const at = variable.indexOf('=')
      return at > 0 ? [[variable.slice(0, at), variable.slice(at + 1)] as const] : []
    }),
  )
}

/**
 * Those with which a program of this machine could be made to load something: what glibc and musl ignore in set-uid
 * programs. The image's shell sets them, when nothing of this machine runs any more.
 */
const loaderVariables =
  /^(LD_[A-Z0-9_]+|GCONV_PATH|GETCONF_DIR|GLIBC_TUNABLES|HOSTALIASES|LOCALDOMAIN|LOCPATH|MALLOC_[A-Z0-9_]+|MUSL_LOCPATH|NIS_PATH|NLSPATH|RESOLV_HOST_CONF|RES_OPTIONS)$/

/** Names that mean something to a shell, or that it does not let go. */
const shellVariables =
  /^(BASH\w*|DIRSTACK|ENV|EUID|FUNCNAME|GROUPS|HIST\w*|HOSTNAME|IFS|LINENO|OLDPWD|OPT[A-Z]+|POSIXLY_CORRECT|PPID|PS[0-9]|PWD|RANDOM|SECONDS|SHELLOPTS|SHLVL|UID|_|tsbuild_\w*|LC_ALL|LIBMOUNT_FORCE_MOUNT2)$/

/** The names come as arguments, the values as variables. */
const wrapper = `
tsbuild_n=0
while [ "$1" != -- ]; do
  tsbuild_n=$((tsbuild_n + 1))
  eval "tsbuild_v=\\$tsbuild_$tsbuild_n"
  unset "tsbuild_$tsbuild_n"
  export "$1=$tsbuild_v"
  shift
done
shift
unset tsbuild_n tsbuild_v
exec "$@"
`
