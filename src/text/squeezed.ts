/** One blank for each run of blanks and line ends, and none around it all. */
export function squeezed(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
