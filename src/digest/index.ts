export { canonicalJson, digestOf, type Json } from './canonical.ts'
export { type Digest, type Hasher, hexOf, isDigest, parseDigest, sha256, sha256Hasher } from './digest.ts'
export { type Fingerprint, openFingerprint, type TakeFingerprint } from './fingerprint.ts'
export { seal, unseal } from './sealed.ts'
