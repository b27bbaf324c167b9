/**
 * False for a file that was changed so shortly before it was looked at that it could change again without another ctime: clocks
 * of file systems tick every 10 ms at worst, those of network file systems (whole seconds) every two seconds. mtime does not
 * count, since anybody can set it.
 * @param ctimeNs nanoseconds since 1970
 * @param lookedAt milliseconds since 1970
 * @see https://git-scm.com/docs/racy-git
 */
export function isSettled(ctimeNs: bigint, lookedAt: number): boolean {
  const margin = ctimeNs % 1_000_000_000n === 0n ? 2_500 : 100
  return Number(ctimeNs / 1_000_000n) + margin < lookedAt
}
