import { table } from '../text/table.ts'

const result = [named('result.json'), named('result.txt')]

/** What `--call` can ask for, in the form of BuildKit's `subrequests.Request`. */
const requests = [
  request('outline', 'List all parameters current build target supports', result, [
    named('target', 'Target build stage'),
  ]),
  request('targets', 'List all targets current build supports', result),
  request('lint', 'Lint a Dockerfile', [...result, named('result.statuscode')]),
  request('subrequests.describe', 'List available subrequest types', result),
]

export function describeJson(): object {
  return requests
}

export function describeText(): string {
  const rows = requests.map(({ name, version, description }) => [name.replace('frontend.', ''), version, description])
  return table([['NAME', 'VERSION', 'DESCRIPTION'], ...rows], { gap: 1, least: 0 })
}

function request(name: string, description: string, metadata: readonly object[], opts: readonly object[] = []) {
  return {
    name: `frontend.${name}`,
    version: '1.0.0',
    type: 'rpc',
    description,
    opts,
    inputs: null,
    metadata,
    refs: null,
  }
}

function named(name: string, description = ''): object {
  return { name, description }
}
