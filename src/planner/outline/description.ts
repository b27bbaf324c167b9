/**
 * What the comments above an instruction say about a name: the rest of the first one that begins with it.
 * @param comments without `#` and the blanks around, as the parser has them
 */
export function descriptionOf(name: string, comments: readonly string[]): string | undefined {
  const comment = comments.find((line) => line.startsWith(`${name} `))
  return comment?.slice(name.length + 1) || undefined
}
