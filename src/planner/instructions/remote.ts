/** What a source of COPY or ADD is that is not a local path: `https://…`, `….git#ref`, `git@host:path`. */
export function remoteKind(source: string): 'git' | 'http' | undefined {
  if (/^(git|ssh):\/\//.test(source) || /^[\w.-]+@[\w.-]+:/.test(source)) return 'git'
  if (!/^https?:\/\//.test(source)) return undefined
  return /^https?:\/\/[^#?]*\.git([#?]|$)/.test(source) ? 'git' : 'http'
}
