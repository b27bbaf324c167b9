import { breakRunnerCommands, visible } from '../../text/index.ts'

/**
 * A workflow command of GitHub Actions with its line feed: `::error file=Dockerfile,line=3::message`. What is in it cannot
 * end it, nor begin another one.
 * @see https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export function commandText(
  name: string,
  properties: Readonly<Record<string, string | number | undefined>> = {},
  data = '',
): string {
  const given = Object.entries(properties).filter(([, value]) => value !== undefined)
  const words = given.map(([key, value]) => `${key}=${escapeProperty(String(value))}`).join(',')
  return `::${name}${words && ` ${words}`}::${escapeData(data)}\n`
}

/** The runner reads `%25`, `%0D` and `%0A` in a message, and no other escape. */
function escapeData(text: string): string {
  const shown = visible(breakRunnerCommands(text.replaceAll('\r', '')))
  return shown.replaceAll('%', '%25').replaceAll('\n', '%0A')
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

/**
 * The line that begins or ends a section of a GitLab log.
 * @param at seconds since 1970
 * @param name unique in a job: letters, digits and `_`
 * @see https://docs.gitlab.com/ci/jobs/job_logs/#custom-collapsible-sections
 */
export function gitlabSection(edge: 'start' | 'end', at: number, name: string, title = ''): string {
  const options = edge === 'start' ? '[collapsed=true]' : ''
  return `\x1b[0Ksection_${edge}:${at}:${name}${options}\r\x1b[0K${visible(title)}\n`
}
