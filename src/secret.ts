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

/** As it came, or wrapped where somebody gave the plain text. */
export function secretOf(value: Secret | string): Secret {
  return typeof value === 'string' ? new Secret(new TextEncoder().encode(value)) : value
}

/** For who hands it to a server. */
export function revealed(value: Secret | string): string {
  return new TextDecoder().decode(secretOf(value).reveal())
}

/** What is shown in place of what nobody is to see. */
export const stars = '***'

const secretName = /(?:_|^)(?:apikey|auth|credential|credentials|key|password|pword|passwd|secret|token)(?:_|$)/i
const harmlessName = /(?:_|^)(?:public|file|version)(?:_|$)/i

/** True for the name of a variable that speaks of a secret: `NPM_TOKEN`. By the words of BuildKit. */
export function isSecretName(name: string): boolean {
  return secretName.test(name) && !harmlessName.test(name)
}
