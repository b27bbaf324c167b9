import { FlagError } from './flag-error.ts'

/**
 * `NAME=value` of several `--build-arg` or `--label`. A name alone takes its value from the environment; when it is not
 * there either, `otherwise` is its value, and without that it is left out.
 */
export function readPairs(
  flag: string,
  texts: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  otherwise?: string,
): Readonly<Record<string, string>> {
  const pairs: [string, string][] = []
  for (const text of texts) {
    const at = text.indexOf('=')
    const name = at < 0 ? text : text.slice(0, at)
    if (name === '') throw new FlagError(`${flag} ${text}: the name is missing`, `write ${flag} NAME=value`)
    const value = at < 0 ? (env[name] ?? otherwise) : text.slice(at + 1)
    if (value !== undefined) pairs.push([name, value])
  }
  return Object.fromEntries(pairs)
}

const examples = {
  '--build-context': 'docs=./docs',
  '--registry-mirror': 'docker.io=127.0.0.1:5000',
} as const

/** `NAME=value` where both must be there. */
export function readMapping(flag: keyof typeof examples, texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=')
      if (at < 1 || at === text.length - 1) {
        throw new FlagError(`${flag} ${text}: not of the form NAME=VALUE`, `write ${flag} ${examples[flag]}`)
      }
      return [text.slice(0, at), text.slice(at + 1)]
    }),
  )
}
