import { isSpace } from '../../parser/index.ts'

/** Words as they are parted after expansion: white space parts them, but not where it was quoted. */
export interface WordList {
  /** Text whose white space parts words. */
  addText(text: string): void
  /** Text that belongs to one word, such as what was in quotes. */
  addQuoted(text: string): void
  words(): readonly string[]
}

export function newWordList(): WordList {
  const done: string[] = []
  let word = ''
  const close = () => {
    if (word !== '') done.push(word)
    word = ''
  }
  return {
    addText(text) {
      let from = 0
      for (let i = 0; i < text.length; i++) {
        if (!isSpace(text.charCodeAt(i))) continue
        word += text.slice(from, i)
        close()
        from = i + 1
      }
      word += text.slice(from)
    },
    addQuoted(text) {
      word += text
    },
    words: () => (word === '' ? done : [...done, word]),
  }
}
