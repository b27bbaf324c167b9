/** Byte strings that are looked for, by a name for people: one may have several forms. */
export interface Wanted {
  readonly name: string
  /** Each of at least one byte. */
  readonly forms: readonly Uint8Array[]
}

/** Looks for byte strings in bytes that come in pieces, wherever they are cut. */
export interface ByteSearch {
  push(bytes: Uint8Array): void
  /** By name, a place where one of the forms of each begins: bytes from the beginning of all. */
  readonly found: ReadonlyMap<string, number>
}

/** The longest form decides how much of the end of each piece is kept. */
export function openByteSearch(wanted: readonly Wanted[]): ByteSearch {
  const found = new Map<string, number>()
  const overlap = Math.max(0, ...wanted.flatMap(({ forms }) => forms.map((form) => form.length - 1)))
  /** The end of what came before this piece, and how much that was. */
  let tail: Uint8Array = new Uint8Array(0)
  let before = 0
  const look = (bytes: Buffer, offset: number) => {
    for (const { name, forms } of wanted) {
      if (found.has(name)) continue
      const places = forms.map((form) => bytes.indexOf(form)).filter((place) => place >= 0)
      if (places.length > 0) found.set(name, offset + Math.min(...places))
    }
  }
  return {
    found,
    push(bytes) {
      const piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
      const border = Buffer.concat([tail, piece.subarray(0, overlap)])
      look(border, before - tail.length)
      look(piece, before)
      before += piece.length
      const ending = piece.length < overlap ? border : piece
      // A copy: the memory of the piece is used again.
      tail = Uint8Array.from(ending.subarray(Math.max(0, ending.length - overlap)))
    },
  }
}
