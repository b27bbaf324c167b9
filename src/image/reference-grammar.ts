/**
 * The grammar of image references, as `distribution/reference` has it. No pattern can backtrack: separators and
 * components share no characters.
 * @see https://github.com/distribution/reference/blob/main/reference.go
 */

const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const label = '(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)'
const host = `(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])`
const domain = `${host}(?::[0-9]+)?`
const path = `${component}(?:/${component})*`
const tag = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}'
const digest = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}'

/** A registry host: `example.com`, `localhost:5000`, `[::1]:5000`. */
export const domainPattern = new RegExp(`^${domain}$`)

/** A repository name. Groups: domain (absent when the first piece cannot be one), path. */
export const namePattern = new RegExp(`^(?:(${domain})/)?(${path})$`)

/** What may stand after `:`. */
export const tagPattern = new RegExp(`^${tag}$`)

/** A whole reference. Groups: name, tag, digest. */
export const referencePattern = new RegExp(`^((?:${domain}/)?${path})(?::(${tag}))?(?:@(${digest}))?$`)

/** What could be an image id, and so cannot be a name. */
export const identifierPattern = /^[0-9a-f]{64}$/

/** Characters of a path, domain not counted. */
export const maximumPathLength = 255
