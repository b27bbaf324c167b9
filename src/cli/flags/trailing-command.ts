import type { Option } from 'commander'

/**
 * A command line in which the first word that is no flag, and all after it, are taken as they are: `--` is put before it, so
 * that `-it` of `run image ls -it` is for `ls`.
 * @param argv with the name of the command in it
 * @param options those of that command and of all commands
 */
export function withTrailingCommand(
  argv: readonly string[],
  name: string,
  options: readonly Option[],
): readonly string[] {
  const begin = argv.indexOf(name) + 1
  const ours = (words: readonly string[]) => words.flatMap(volumeInFull)
  const takesValue = (flag: string) =>
    options.some((option) => (option.short === flag || option.long === flag) && !option.isBoolean())
  for (let at = begin; at < argv.length; at++) {
    const word = argv[at] ?? ''
    if (word === '--') return [...argv.slice(0, begin), ...ours(argv.slice(begin, at)), ...argv.slice(at)]
    if (!word.startsWith('-') || word === '-') {
      return [...argv.slice(0, begin), ...ours(argv.slice(begin, at)), '--', ...argv.slice(at)]
    }
    if (word.startsWith('--') ? !word.includes('=') && takesValue(word) : clusterWantsMore(word, takesValue)) at++
  }
  return argv
}

/** Whether the value of the last letter of `-itw` is the next word. */
function clusterWantsMore(word: string, takesValue: (flag: string) => boolean): boolean {
  const at = [...word.slice(1)].findIndex((letter) => takesValue(`-${letter}`))
  return at >= 0 && at === word.length - 2
}

/** `-v` is the version of tsbuild everywhere else. */
function volumeInFull(word: string): readonly string[] {
  const [, before = '', value] = /^-([it]*)v(?:=?(.*))$/s.exec(word) ?? []
  if (value === undefined) return [word]
  return [...(before === '' ? [] : [`-${before}`]), value === '' ? '--volume' : `--volume=${value}`]
}
