/** A layer has something that the format cannot hold, or that no file system could: it has to be unpacked. */
export class NotIndexableError extends Error {
  override readonly name = 'NotIndexableError'
}
