import type { Found, Outline, OutlineMount } from '../../index.ts'
import { table } from '../text/table.ts'
import { oneLine } from '../views/step.ts'
import { dataJson, locationJson } from './location.ts'

/**
 * An outline in the form of BuildKit's `outline.Outline`: what is empty is left out.
 * @see https://github.com/moby/buildkit/blob/master/frontend/subrequests/outline/outline.go
 */
export function outlineJson({ dockerfile, found }: Found<Outline>): object {
  const { name, description, args, secrets, ssh, caches } = found
  const argument = ({ name, description, value, at }: Outline['args'][number]) => ({
    name,
    description,
    value,
    location: locationJson(at),
  })
  return {
    name,
    description,
    args: unlessEmpty(args.map(argument)),
    secrets: unlessEmpty(secrets.map(mountJson)),
    ssh: unlessEmpty(ssh.map(mountJson)),
    cache: unlessEmpty(caches.map((cache) => ({ ID: cache.name, location: locationJson(cache.at) }))),
    sources: [dataJson(dockerfile)],
  }
}

/** The same as buildx prints it, and the caches. */
export function outlineText({ found: { name, description, args, secrets, ssh, caches } }: Found<Outline>): string {
  return [
    name === undefined ? '' : header(name, description),
    block(
      ['BUILD ARG', 'VALUE', 'DESCRIPTION'],
      args.map((arg) => [arg.name, arg.value ?? '', arg.description ?? '']),
    ),
    block(['SECRET', 'REQUIRED'], secrets.map(mountRow)),
    block(['SSH', 'REQUIRED'], ssh.map(mountRow)),
    block(
      ['CACHE'],
      caches.map((cache) => [cache.name]),
    ),
  ].join('')
}

function header(name: string, description: string | undefined): string {
  const rows = [['TARGET:', name], ...(description === undefined ? [] : [['DESCRIPTION:', oneLine(description)]])]
  return `${table(rows, { gap: 1, least: 0 })}\n`
}

/** A table and an empty line; nothing when there are no rows. */
function block(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? '' : `${table([titles, ...rows.map((row) => row.map(oneLine))], { gap: 3, least: 0 })}\n`
}

function mountRow({ name, required }: OutlineMount): readonly string[] {
  return [name, required ? 'true' : '']
}

function mountJson({ name, required, at }: OutlineMount): object {
  return { name, ...(required && { required }), location: locationJson(at) }
}

function unlessEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list
}
