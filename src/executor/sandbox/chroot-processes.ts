import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { killProcess, processFile, rootOf, runningProcesses } from '../../processes.ts'

/** The processes of one step, where no namespace holds them together. */
export interface StepProcesses {
  /** The limit that marks the first one, which all others inherit; `''` where none can. */
  readonly mark: string
  /** Kills all of them, until none is left. */
  end(): Promise<void>
}

/**
 * They are known by their root directory, and, since that of another user's process takes CAP_SYS_PTRACE to see, by a limit
 * that everybody may read: of the processor time of realtime processes, hundreds of years and a number of its own.
 * @param root absolute, without links
 */
export function stepProcesses(root: string): StepProcesses {
  const mark = isUnlimited() ? String(centuries + randomInt(2 ** 40)) : ''
  const isOurs = (pid: string) => rootOf(pid) === root || (mark !== '' && markOf(pid) === mark)
  return {
    mark,
    async end() {
      while (runningProcesses().filter((pid) => isOurs(pid) && killProcess(pid)).length > 0) await sleep(10)
    },
  }
}

/** Microseconds. */
const centuries = 2 ** 52

function isUnlimited(): boolean {
  return markOf('self') === 'unlimited'
}

/** The hard limit. */
function markOf(pid: string): string | undefined {
  return processFile(pid, 'limits')?.match(/^Max realtime timeout\s+\S+\s+(\S+)/m)?.[1]
}

/**
 * For a script whose `$pid` and `$mark` are set: `mark PRLIMIT` marks its process, and `guard`, to be called after `go`, leaves
 * a process beside it that kills all marked ones when tsbuild is gone. The kernel does not: what it is asked to kill with a
 * parent it forgets when the user changes, and children never knew. It goes by the limit, as whose root it is may not be
 * seen; a few times, as they may start others while it looks; at last its own group, which nobody else can be in.
 */
export const guardFunctions = `
mark() { [ -z "$mark" ] || "$1" --pid "$pid" "--rttime=$mark:$mark" || exit 125; }
guard() { [ -z "$mark" ] || (watch &); }
watch() {
  exec <&3 >/dev/null 2>&1 3<&- 4>&- 5>&- 6<&-
  cd /
  read -r self rest </proc/self/stat
  while read -r word; do :; done
  kill -KILL "$pid"
  for round in 1 2 3 4 5; do
    found=
    for process in /proc/[0-9]*; do
      [ "$process" != "/proc/$self" ] || continue
      while read -r line; do
        case $line in "Max realtime timeout "*" $mark "*) kill -KILL "\${process#/proc/}" && found=yes ;; esac
      done <"$process/limits"
    done
    [ -n "$found" ] || break
  done
  kill -KILL 0
}
`
