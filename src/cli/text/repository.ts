/** The parts of a name of the store, which has a tag, or a digest after which it was pulled: `app:1`, `app@sha256:…`. */
export function repositoryAndTag(name: string): readonly [repository: string, tag: string] {
  const at = name.indexOf('@')
  const tagged = at < 0 ? name : name.slice(0, at)
  const colon = tagged.indexOf(':', tagged.lastIndexOf('/') + 1)
  return colon < 0 ? [tagged, '<none>'] : [tagged.slice(0, colon), tagged.slice(colon + 1)]
}
