/** What a token has to allow, as token servers spell it. */
export function pullScope(repository: string): string {
  return `repository:${repository}:pull`
}

export function isPushScope(scope: string): boolean {
  return /:pull,push$/.test(scope)
}

export function pushScope(repository: string): string {
  return `repository:${repository}:pull,push`
}
