import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Session } from '../session.ts'
import { repositoryAndTag } from '../text/repository.ts'
import { type Completion, nothing, type Wanted } from './values.ts'

/** Finds what is known only here and now. What cannot be found is left out: nobody wants an error in the middle of a line. */
export function finder(session: Session, commands: readonly string[]) {
  return async (wanted: Wanted, words: readonly string[]): Promise<Completion> => {
    switch (wanted.kind) {
      case 'one-of':
        return { ...nothing, candidates: listed(wanted.values), goesOn: wanted.goesOn ?? false }
      case 'files':
      case 'directories':
        return { ...nothing, also: wanted.kind }
      case 'images':
        return { ...nothing, candidates: listed(await imageNames(session)) }
      case 'repositories':
        return { ...nothing, candidates: listed((await imageNames(session)).map((name) => repositoryAndTag(name)[0])) }
      case 'containers':
        return { ...nothing, candidates: listed(await containerNames(session)) }
      case 'stages':
        return { ...nothing, candidates: listed(stagesIn(dockerfileText(session, words))) }
      case 'args':
        return { ...nothing, candidates: listed(argsIn(dockerfileText(session, words))), goesOn: true }
      case 'commands':
        return { ...nothing, candidates: listed(commands) }
      case 'text':
        return nothing
    }
  }
}

/** Names come from files of others, and shells put them on the line as they are. */
function listed(values: readonly string[]): Completion['candidates'] {
  return [...new Set(values)].filter((value) => /^[\w./:@=~,+-]+$/.test(value)).map((value) => ({ value }))
}

async function imageNames(session: Session): Promise<readonly string[]> {
  const { hasStore } = await import('../../library/has-store.ts')
  if (!hasStore(session.environment)) return []
  const { openImages } = await session.library()
  const images = await openImages(session.environment, {})
  try {
    return (await images.list()).flatMap(({ names }) => names)
  } finally {
    await images.close()
  }
}

async function containerNames(session: Session): Promise<readonly string[]> {
  const { listContainers } = await session.library()
  return (await listContainers(session.environment)).map(({ id, name }) => name ?? id)
}

/** That of `-f`, else one of the names in the context, which is taken to be this directory. */
function dockerfileText({ environment }: Session, words: readonly string[]): string {
  const at = words.findLastIndex((word) => /^(-f|--file)$/.test(word))
  const joined = words.findLast((word) => /^(-f.|--file=)/.test(word))?.replace(/^(-f=?|--file=)/, '')
  const named = at >= 0 ? words[at + 1] : joined
  for (const name of named === undefined ? ['Dockerfile', 'dockerfile', 'Containerfile'] : [named]) {
    try {
      return readFileSync(path.resolve(environment.cwd, name), 'utf8').slice(0, 1_000_000)
    } catch {
      // The next one.
    }
  }
  return ''
}

function stagesIn(text: string): readonly string[] {
  return Array.from(text.matchAll(/^[ \t]*FROM[ \t].*[ \t]AS[ \t]+(\S+)[ \t]*$/gim), ([, name = '']) => name)
}

function argsIn(text: string): readonly string[] {
  const lines = Array.from(text.matchAll(/^[ \t]*ARG[ \t]+(.*)$/gim), ([, rest = '']) => rest)
  return lines
    .flatMap((rest) => rest.split(/\s+/).flatMap((word) => /^\w+/.exec(word)?.[0] ?? []))
    .map((name) => `${name}=`)
}
