/** Colour of a step by how it ended, as `paint` takes it. */
export type Palette = { readonly [O in 'done' | 'cached' | 'error' | 'canceled' | 'warning']: string }

const standard: Palette = { done: 'blue', cached: 'blue', error: 'red', canceled: 'yellow', warning: 'yellow' }

/** BuildKit's words for them. */
const words: Readonly<Record<string, readonly (keyof Palette)[]>> = {
  run: ['done', 'cached'],
  error: ['error'],
  cancel: ['canceled'],
  warning: ['warning'],
}

/** Reads `BUILDKIT_COLORS`: `run=green:warning=yellow:error=red:cancel=255,165,0`. What cannot be read changes nothing. */
export function readPalette(text: string | undefined): Palette {
  const chosen = (text ?? '').split(':').flatMap((field) => {
    const [word = '', colour = ''] = field.split('=')
    return (words[word] ?? []).map((key) => [key, colour] as const)
  })
  return { ...standard, ...Object.fromEntries(chosen) }
}
