/** Bytes that nobody is to see. Whatever prints the value (a template, JSON, a crash report) prints stars. */
export class Secret {
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** For who hands it to a step or a server, or looks for it. */
  reveal(): Uint8Array {
    return this.#bytes
  }

  toString(): string {
    return stars
  }

  toJSON(): string {
    return stars
  }

  /** What `util.inspect` calls, by its name: the module would have to be loaded. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return stars
  }
}

const stars = '***'
