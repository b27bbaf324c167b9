import { readFields } from './csv.ts'
import { FlagError } from './flag-error.ts'

export type SecretSource = { readonly file: string } | { readonly env: string }

/**
 * `--secret id=ID[,src=FILE|,env=NAME][,type=file|env]`; of `type=env` the source is a variable. With an id alone the variable of that name is taken when it is set, else the file.
 * @throws {FlagError} without an id
 */
export function readSecrets(
  texts: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, SecretSource>> {
  return Object.fromEntries(texts.map((text) => readSecret(text, env)))
}

function readSecret(text: string, env: Readonly<Record<string, string | undefined>>): [string, SecretSource] {
  const fields = readFields('--secret', text, ['id', 'src', 'source', 'env', 'type'])
  const type = fields.get('type') ?? ''
  if (!['', 'file', 'env'].includes(type)) throw new FlagError(`--secret: unknown type "${type}"`, 'types: env, file')
  const source = fields.get('src') ?? fields.get('source')
  const id = fields.get('id') ?? (source === undefined ? undefined : source.split('/').at(-1))
  if (!id) throw new FlagError(`--secret ${text}: the id is missing`, 'write --secret id=NAME,src=FILE')
  const name = fields.get('env') ?? (type === 'env' ? (source ?? id) : undefined)
  if (name !== undefined) return [id, { env: name }]
  if (source !== undefined) return [id, { file: source }]
  return [id, type === '' && Object.hasOwn(env, id) ? { env: id } : { file: id }]
}
