/** Numbers and text that are the same on every machine (mulberry32). */
export interface Random {
  /** In [0, 1). */
  number(): number
  /** Text that compresses about as well as source code does. */
  text(bytes: number): string
}

const vocabularySize = 4096
const poolBytes = 1 << 20

/** Two of the same seed say the same. */
export function createRandom(seed: number): Random {
  const number = numbers(seed)
  let pool: string | undefined
  return {
    number,
    text(bytes) {
      pool ??= makePool(number)
      const parts: string[] = []
      for (let missing = bytes; missing > 0; ) {
        const start = Math.floor(number() * (poolBytes - 1))
        const part = pool.slice(start, start + missing)
        parts.push(part)
        missing -= part.length
      }
      return parts.join('')
    },
  }
}

/** Fills with bytes that no compression makes smaller; of one seed it is the same. */
export function fillWithNoise(block: Uint32Array, seed: number): void {
  let state = (seed * 0x9e3779b1) | 1
  for (let at = 0; at < block.length; at++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    block[at] = state
  }
}

function numbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Words of a vocabulary in which the early ones are frequent; files are cut out of it. */
function makePool(number: () => number): string {
  const vocabulary = Array.from({ length: vocabularySize }, () => Math.floor(number() * 1e9).toString(36))
  const words: string[] = []
  for (let length = 0; length < poolBytes; ) {
    const word = vocabulary[Math.floor(number() * number() * vocabularySize)] ?? ''
    words.push(word)
    length += word.length + 1
  }
  return words.join(' ').slice(0, poolBytes)
}
