import type { Advice } from './clue.ts'

/** The kernel ended a process since memory was used up. */
export const outOfMemory: Advice = ({ killedForMemory, exitCode, signal }) => {
  if (killedForMemory === 0 || (exitCode !== 137 && signal !== 'SIGKILL')) return undefined
  const who = killedForMemory === 1 ? 'a process' : `${killedForMemory} processes`
  return `while the step ran the kernel killed ${who} because memory was used up: let fewer steps run at once (--jobs=1), let the command do less at once, or give this machine more memory`
}

/** A file system in memory that is full, when the disk is not. */
export const memoryFileFull: Advice = ({ output, op }) => {
  if (!/No space left on device|ENOSPC/.test(output)) return undefined
  const tmpfs = op.mounts.filter((mount) => mount.kind === 'tmpfs').map(({ target }) => target)
  const places = [...tmpfs, '/dev/shm'].join(', ')
  return `the disk has room now, so what was full is a file system in memory (${places}), or the command filled the disk and removed its files: --shm-size and size= of --mount=type=tmpfs make the former larger`
}

const noName =
  /Temporary failure (?:in name resolution|resolving)|Could not resolve (?:host|proxy|')|Name or service not known|bad address '|EAI_AGAIN|ENOTFOUND|Name does not resolve|no such host|Network (?:is )?unreachable|ENETUNREACH|unable to resolve host address/i

/** Names, or places of the network, that a step without it looked for. */
export const noNetwork: Advice = ({ output, op }) => {
  if (!noName.test(output)) return undefined
  if (op.network === 'none')
    return 'the step has no network: it runs with --network=none, of the command line or of the RUN'
  return 'a name was not found from within the step: tsbuild doctor says what network steps have here; behind a proxy, --build-arg HTTP_PROXY=… and HTTPS_PROXY=… give it to them'
}
