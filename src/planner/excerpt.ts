/** As much of a text as a message should show, on one line. */
export function excerpt(text: string, limit = 60): string {
  const line = text.replace(/\s+/g, ' ')
  return line.length > limit ? `${line.slice(0, limit)}…` : line
}
