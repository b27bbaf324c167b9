/**
 * The handles of a script beside its input, which is empty, and its output, which is the command's. Its own stderr is for
 * the complaints of the helpers.
 */
export const handle = {
  /** Read until tsbuild says `go`. */
  go: 3,
  /** Written to say how far the script is. */
  progress: 4,
  /** The stderr of the command. */
  commandError: 5,
} as const

/**
 * What every script begins with; `$0` is the directory it runs in. End of file instead of `go` means that tsbuild is gone, also when it died before the child
 * had asked to die with it.
 */
export const preamble = `
cd -- "$0" || exit 125
umask 022
read -r pid rest </proc/self/stat
echo "ready $pid" >&${handle.progress}
go() { read -r word <&${handle.go} || exit 125; echo started >&${handle.progress}; }
`

/** What every script ends with: the command in its place, with no handle but the usual three. */
export const handOver = `
exec "$@" 2>&${handle.commandError} ${handle.go}<&- ${handle.progress}>&- ${handle.commandError}>&- 6<&-
`
