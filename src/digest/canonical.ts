import { type Digest, sha256 } from './digest.ts'

/** A value that JSON can hold. Absent and `undefined` members are the same. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }

/** JSON with sorted keys and no white space: equal values give equal texts. */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) {
    const plain = value.every((item) => typeof item === 'string')
    return plain ? JSON.stringify(value) : `[${value.map(canonicalJson).join(',')}]`
  }
  const members = value as { readonly [key: string]: Json | undefined }
  let text = ''
  for (const key of Object.keys(members).sort()) {
    const member = members[key]
    if (member !== undefined) text += `${text && ','}${JSON.stringify(key)}:${canonicalJson(member)}`
  }
  return `{${text}}`
}

/** The sha256 of the canonical JSON: an identity for a value. */
export function digestOf(value: Json): Digest {
  return sha256(canonicalJson(value))
}
