/** True for the full id of a git commit: 40 or 64 lower case hexadecimal digits. */
export function isCommitId(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text)
}
