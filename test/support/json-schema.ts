import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** The words of JSON schema, draft 4, that the schemas of OCI use. Formats are not checked, as there. */
interface Schema {
  readonly $ref?: string
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'boolean' | 'null'
  readonly properties?: Readonly<Record<string, Schema>>
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly minItems?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: string
  readonly enum?: readonly unknown[]
  readonly oneOf?: readonly Schema[]
}

/**
 * Holds a value to a schema of a file. `$ref` is resolved by file name.
 * @returns where the value is wrong, as paths; none when it is valid
 */
export function schemaProblems(file: string, value: unknown): readonly string[] {
  return problemsOf(readSchema(file), value, { file, path: '' })
}

interface Place {
  readonly file: string
  readonly path: string
}

function problemsOf(schema: Schema, value: unknown, at: Place): readonly string[] {
  if (schema.$ref !== undefined) return ofReference(schema.$ref, value, at)
  const problems: string[] = []
  const check = (isValid: boolean, what: string) => {
    if (!isValid) problems.push(`${at.path || 'the document'}: ${what}`)
  }
  if (schema.type) check(isOfType(value, schema.type), `no ${schema.type}`)
  if (schema.enum) check(schema.enum.includes(value), `none of ${schema.enum}`)
  if (schema.oneOf)
    check(schema.oneOf.filter((one) => problemsOf(one, value, at).length === 0).length === 1, 'not one of')
  if (typeof value === 'string' && schema.pattern) check(new RegExp(schema.pattern).test(value), schema.pattern)
  if (typeof value === 'number') {
    check(value >= (schema.minimum ?? value) && value <= (schema.maximum ?? value), 'out of range')
  }
  if (Array.isArray(value)) {
    check(value.length >= (schema.minItems ?? 0), `fewer than ${schema.minItems}`)
    const { items } = schema
    if (items)
      problems.push(...value.flatMap((item, i) => problemsOf(items, item, { ...at, path: `${at.path}[${i}]` })))
  } else if (isOfType(value, 'object')) problems.push(...ofMembers(schema, value as Record<string, unknown>, at))
  return problems
}

function ofMembers(schema: Schema, value: Readonly<Record<string, unknown>>, at: Place): readonly string[] {
  const missing = (schema.required ?? []).filter((name) => !Object.hasOwn(value, name))
  const patterns = Object.entries(schema.patternProperties ?? {})
  const found = Object.entries(value).flatMap(([name, member]) => {
    const own = schema.properties && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined
    const schemas = [own, ...patterns.flatMap(([pattern, one]) => (new RegExp(pattern).test(name) ? [one] : []))]
    const place = { ...at, path: `${at.path}.${name}` }
    return schemas.flatMap((one) => (one ? problemsOf(one, member, place) : []))
  })
  return [...missing.map((name) => `${at.path}.${name}: missing`), ...found]
}

function ofReference(reference: string, value: unknown, at: Place): readonly string[] {
  const [name = '', pointer = ''] = reference.split('#')
  const file = name === '' ? at.file : resolve(dirname(at.file), name)
  const steps = pointer.split('/').filter((step) => step !== '')
  const found = steps.reduce<unknown>((schema, step) => (schema as Record<string, unknown>)[step], readSchema(file))
  return problemsOf(found as Schema, value, { ...at, file })
}

function readSchema(file: string): Schema {
  return JSON.parse(readFileSync(file, 'utf8')) as Schema
}

function isOfType(value: unknown, type: NonNullable<Schema['type']>): boolean {
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'array') return Array.isArray(value)
  if (type === 'null') return value === null
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  return typeof value === type
}
